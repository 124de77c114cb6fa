import Foundation
@testable import Conformance
@testable import VelociCommand

/// A page of the manual: what the table of commands says, and the prose of `docs/manual` beside it.
struct ManualPage {
    let name: String
    let section: Int
    let summary: String
    /// What stands under SYNOPSIS, as macros.
    let synopsis: String
    /// What stands under DESCRIPTION before the prose.
    var description = ""
    /// What stands under OPTIONS, as macros; the prose may add sections, but no options.
    var options = ""
    /// Sections that come from tables, behind the options.
    var tables: [(heading: String, body: String)] = []

    /// The name of its file.
    var file: String { "\(name).\(section)" }

    /// The name of the prose beside it. veloci-plan is a command and what the command prints.
    var proseFile: String { (section == 5 ? file : name) + ".md" }

    /// Every page.
    static var all: [ManualPage] {
        [program, plan, suite] + Subcommands.all().map(command)
    }

    /// The page as a file of man(7).
    ///
    /// - Parameters:
    ///   - prose: the text of `docs/manual`.
    ///   - date: that of the release: a page does not change because it is made again.
    func text(prose: String, date: String) -> String {
        var written = Prose.sections(prose)
        var text = """
            .\\" Made by "make manual" from the table of commands and docs/manual/\(proseFile).
            .TH \(Prose.escaped(name).uppercased()) \(section) \(date) "veloci \(Version.number)" "veloci"
            .SH NAME
            \(Prose.escaped(name)) \\- \(Prose.escaped(summary))

            """
        if !synopsis.isEmpty { text += ".SH SYNOPSIS\n" + synopsis }
        text += ".SH DESCRIPTION\n" + description
        if written.first?.heading == "" {
            text += (description.isEmpty ? "" : ".PP\n") + written.removeFirst().body
        }
        if !options.isEmpty { text += ".SH OPTIONS\n" + options }
        for (heading, body) in tables + written { text += ".SH \(heading.uppercased())\n\(body)" }
        return text
    }

    private static var program: ManualPage {
        let commands = Subcommands.all().map { command in
            ".TP\n.BR \(Prose.escaped("veloci-" + command.name)) (8)\n\(Prose.escaped(sentence(command.summary)))\n"
        }
        return ManualPage(
            name: "veloci", section: 8, summary: "Open Container Initiative runtime",
            synopsis: ".B veloci\n[global options] \\fIcommand\\fR [options] [arguments]\n",
            options: "These stand before the command, or among its own options.\n" + list(GlobalOptions.flags),
            tables: [("Commands", commands.joined())])
    }

    private static var plan: ManualPage {
        ManualPage(
            name: "veloci-plan", section: 5, summary: "what a plan shows", synopsis: "")
    }

    private static func command(_ command: Subcommand) -> ManualPage {
        let visible = command.flags.contains { !$0.isHidden }
        let lines = command.arguments.components(separatedBy: " | ").map { arguments in
            ".B veloci \(command.name)\n" + (visible ? "[options]" : "")
                + (arguments.isEmpty ? "" : "\(visible ? " " : "")\(Prose.escaped(arguments))") + "\n"
        }
        let explained = command.explanation.isEmpty ? sentence(command.summary) : command.explanation
        return ManualPage(
            name: "veloci-" + command.name, section: 8, summary: command.summary,
            synopsis: lines.joined(separator: ".br\n").replacing("\n\n", with: "\n"),
            description: Prose.sections(explained).map(\.body).joined(),
            options: list(command.flags) + ".PP\nThose of\n.BR veloci (8)\nmay be given as well.\n")
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    /// Options as a list of man(7), like the one of `--help`.
    private static func list(_ flags: [Flag]) -> String {
        let help = Flag("help", "h", .bool, "print this help")
        return (flags + [help]).filter { !$0.isHidden }.map { flag in
            let names = "\\fB\\-\\-\(Prose.escaped(flag.name))\\fR" + (flag.letter.map { ", \\fB\\-\($0)\\fR" } ?? "")
            let standard = flag.standard.isEmpty ? "" : " (default: \(flag.standard))"
            return ".TP\n\(names)\(value(flag.kind))\n\(Prose.escaped(sentence(flag.usage + standard)))\n"
        }.joined()
    }

    private static func value(_ kind: Flag.Kind) -> String {
        switch kind {
        case .bool: ""
        case .text: " \\fITEXT\\fR"
        case .integer: " \\fINUMBER\\fR"
        case .duration: " \\fITIME\\fR"
        case .texts: " \\fITEXT\\fR ..."
        case .integers: " \\fINUMBER\\fR ..."
        }
    }

    /// The conformance suite has its own command line.
    private static var suite: ManualPage {
        var options = ""
        for line in Options.help.components(separatedBy: "\n") where line.hasPrefix("  ") {
            let text = line.drop { $0 == " " }
            guard let gap = text.firstRange(of: "  ") else { continue }
            let names = String(text[..<gap.lowerBound])
            let usage = text[gap.upperBound...].drop { $0 == " " }
            options += ".TP\n\\fB\(Prose.escaped(names))\\fR\n\(Prose.escaped(sentence(String(usage))))\n"
        }
        return ManualPage(
            name: "oci-conformance", section: 1, summary: "test OCI container runtimes against their specification",
            synopsis: ".B oci\\-conformance\n\\fB\\-\\-runtime\\fR \\fIPATH\\fR [\\fB\\-\\-runtime\\fR \\fIPATH\\fR]... [\\fIoption\\fR]...\n",
            options: ".TP\n\\fB\\-\\-runtime\\fR \\fIPATH\\fR\nA runtime to test; give it several times to compare.\n" + options)
    }
}
