import Foundation
import Testing

@testable import VelociCommand

/// The manual's pages and the completions of shells against the table of commands, from which they are made:
/// `VELOCI_WRITE_MANUAL=1 swift test --filter ManualTests` writes them.
@Suite(.serialized) struct ManualTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let writes = ProcessInfo.processInfo.environment["VELOCI_WRITE_MANUAL"] == "1"

    static func read(_ path: String) -> String {
        (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
    }

    /// Version and date of the newest release that CHANGELOG.md names.
    static let release: (version: String, date: String) = {
        let line = read("CHANGELOG.md").components(separatedBy: "\n").first { $0.hasPrefix("## ") } ?? ""
        let words = line.components(separatedBy: " ")
        return words.count == 4 ? (words[1], words[3]) : ("", "")
    }()

    /// Compares a file with what it should be, or writes it.
    static func hold(_ path: String, _ text: String) throws {
        let file = root.appendingPathComponent(path)
        if writes {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        #expect(read(path) == text, "\(path) is not what the table of commands says: make manual")
    }

    @Test func versionsAgree() {
        #expect(Self.release.version == Version.number, "CHANGELOG.md and --version name different versions")
        #expect(Self.release.date.wholeMatch(of: /20\d\d-\d\d-\d\d/) != nil, "CHANGELOG.md: ## VERSION - DATE")
        for (page, words) in [("README.md", "from: \"\(Version.number)\""), ("docs/start.md", "veloci_\(Version.number)-1_"), ("docs/start.md", "veloci-\(Version.number)-linux-")] {
            #expect(Self.read(page).contains(words), "\(page) names another version than \(Version.number)")
        }
    }

    @Test(arguments: ManualPage.all.map(\.file)) func page(_ file: String) throws {
        let page = try #require(ManualPage.all.first { $0.file == file })
        let prose = Self.read("docs/manual/\(page.proseFile)")
        #expect(!prose.isEmpty, "docs/manual/\(page.proseFile) is missing: examples, exit status, what the options do not say")
        try Self.hold("packaging/man/\(page.file)", page.text(prose: prose, date: Self.release.date))
    }

    @Test func index() throws {
        let lines = ManualPage.all.map { "- [\($0.name)](../../packaging/man/\($0.file))(\($0.section)): \($0.summary)\n" }
        try Self.hold("docs/manual/README.md", "# Manual\n\n" + lines.joined() + """

            They are made by `make manual`: names, flags and explanations from the table of commands in `Sources/VelociCommand`, the rest from the
            prose in this folder. Installed, `man veloci` begins them.

            """)
    }

    @Test func pagesAreThose() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.root.appendingPathComponent("packaging/man").path)
        #expect(Set(found) == Set(ManualPage.all.map(\.file)))
    }

    @Test func completions() throws {
        try Self.hold("packaging/completions/veloci.bash", BashCompletion.text)
        try Self.hold("packaging/completions/_veloci", ZshCompletion.text)
        try Self.hold("packaging/completions/veloci.fish", FishCompletion.text)
    }

    /// Somebody has thought of what each value may be.
    @Test func valuesAreKnown() {
        for (command, flags) in [("", GlobalOptions.flags)] + Subcommands.all().map({ ($0.name, $0.flags) }) {
            for flag in flags where flag.takesValue && !flag.isHidden {
                #expect(Completion.value(of: flag) != nil, "\(command) --\(flag.name): say in Completion.swift what its value may be")
            }
        }
    }

    @Test func signalsAreThose() throws {
        for (index, name) in Completion.signalNames.enumerated() { #expect(try Signals.number(name) == Int32(index) + 1) }
    }

    /// What `--help` prints is in the page and in each completion, and nothing else is.
    @Test(arguments: [""] + Subcommands.all().map(\.name)) func flagsAgree(_ name: String) throws {
        let command = Subcommands.named(name)
        let help = command.map { Help.command("veloci", $0) } ?? Help.program("veloci", Subcommands.all())
        let printed = Set(help.components(separatedBy: "\n").flatMap { line -> [String] in
            guard let match = line.firstMatch(of: /^   (--[a-z0-9-]+)(?:, (-[a-z]))?/) else { return [] }
            return [String(match.1)] + (match.2.map { [String($0)] } ?? [])
        })
        #expect(printed.isSuperset(of: ["--help", "-h"]))

        let page = Self.read("packaging/man/veloci\(name.isEmpty ? "" : "-" + name).8").replacing("\\-", with: "-")
        let options = page.components(separatedBy: ".SH OPTIONS\n").last?.components(separatedBy: "\n.SH ").first ?? ""
        let told = Set(options.components(separatedBy: "\n").filter { $0.hasPrefix("\\fB--") }.flatMap { line in
            line.matches(of: /\\fB(-[a-z0-9-]+)\\fR/).map { String($0.1) }
        })
        #expect(told == printed)

        let bash = Self.read("packaging/completions/veloci.bash").components(separatedBy: "\n")
        let flags = try #require(bash.first { $0.hasPrefix("    \(name.isEmpty ? "''" : name)) echo -") })
        #expect(Set(flags.matches(of: /-[a-z0-9-]+/).map { String($0.0) }) == printed)

        let fish = Self.read("packaging/completions/veloci.fish").components(separatedBy: "\n").filter { line in
            line.hasPrefix("complete ") && line.contains(" -l ") && (name.isEmpty ? !line.contains("'__veloci_at ") : line.contains("'__veloci_at \(name)'") || line.contains("'__veloci_at \(name) 0'"))
        }
        #expect(Set(fish.flatMap { line in
            line.matches(of: /\ -l ([a-z0-9-]+)/).map { "--\($0.1)" } + line.matches(of: /\ -s ([a-z])/).map { "-\($0.1)" }
        }) == printed)

        let zsh = Self.read("packaging/completions/_veloci").components(separatedBy: name.isEmpty ? "_veloci() {" : "\n    \(name)) ").last
        let part = zsh?.components(separatedBy: name.isEmpty ? "&& return" : " ;;\n").first ?? ""
        let listed = Set(part.components(separatedBy: "\n").flatMap { line -> [String] in
            guard let head = line.components(separatedBy: "'[").first, line.contains("'[") else { return [] }
            return head.components(separatedBy: "'").last?.matches(of: /-[a-z0-9-]+/).map { String($0.0) } ?? []
        })
        // A command's own flags, and those of the program behind it.
        #expect(listed.isSuperset(of: printed), "\(printed.subtracting(listed)) of \(name)")
        let all = printed.union(GlobalOptions.flags.visible.flatMap(\.spellings))
        #expect(listed.isSubset(of: all), "\(listed.subtracting(all)) of \(name)")
    }
}
