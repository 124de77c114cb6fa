internal import ByteText
internal import LinuxKernel
internal import RuntimeSpec
internal import Veloci

extension Flag {
    static let documentOnly = Flag("document-only", .bool, "leave out what depends on this host")
}

extension Subcommand {
    static let check = Subcommand(
        name: "check", summary: "list everything that is wrong with a bundle's config.json", arguments: "[file ...]",
        explanation: """
            Reads and validates config.json, or the files that are named, - for standard input. Prints each problem with
            line, column and place: errors break a rule of the specification (exit status 1), warnings go against its
            advice (0), and host problems are what this machine cannot do for a valid configuration (2). Needs no
            privileges and changes nothing.
            """,
        flags: [.bundle, .textFormat, .documentOnly],
        arity: .atLeast(0), run: CheckCommand.run)
}

/// `check`: validation without a container.
enum CheckCommand {
    static func run(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
        let bundle = invocation.flags.text(.bundle)
        let own = bundle.isEmpty ? "config.json" : bundle + "/config.json"
        let format = invocation.flags.text(.textFormat)
        guard ["", "text", "json"].contains(format) else { throw CommandFailure("invalid format option") }
        var all: [JSONValue] = []
        var (violations, places) = (0, [String]())
        var hasHostProblems = false
        for path in invocation.arguments.isEmpty ? [own] : invocation.arguments {
            let name = path == "-" ? "standard input" : path
            let (spec, found) = ValidatedSpec.check(try configuration(path))
            var diagnostics = found
            if let spec, !invocation.flags.bool(.documentOnly) {
                let problems = invocation.runtime.hostProblems(spec, bundle: bundle.isEmpty ? folder(of: path) : bundle)
                diagnostics += problems.map { problem in
                    var problem = problem
                    problem.message = LibraryWords.flagged(problem.message)
                    return problem
                }
            }
            if format != "json" { for diagnostic in diagnostics { invocation.output.write(text(diagnostic, name)) } }
            all += diagnostics.map(json)
            let errors = diagnostics.filter { $0.severity == .must }.count
            if errors > 0 { places.append(name) }
            violations += errors
            if diagnostics.contains(where: { $0.severity == .host }) { hasHostProblems = true }
        }
        if format == "json" {
            invocation.output.write(JSONValue.array(all).encoded(JSONLayout(indent: 2, endsWithNewline: true)))
        }
        if violations > 0 {
            throw CommandFailure(
                "\(places.joined(separator: ", ")): \(violations) violation\(violations == 1 ? "" : "s") of the specification")
        }
        return hasHostProblems ? 2 : 0
    }

    /// Where relative paths of a document start: the folder of the file.
    private static func folder(of path: String) -> String {
        var parts = path.parts(at: "/")
        if parts.popLast() == nil || parts.isEmpty && !path.begins(with: "/") { return "." }
        return (path.begins(with: "/") ? "/" : "") + parts.joined(separator: "/")
    }

    private static func configuration(_ path: String) throws(CommandFailure) -> [UInt8] {
        do throws(KernelError) {
            // Who asks for standard input waits for it.
            return path == "-" ? try Files.read("/proc/self/fd/0") : try Files.readWithoutWaiting(path)
        } catch {
            if error.errno == .noEntry { throw CommandFailure("JSON specification file \(path) not found") }
            throw CommandFailure("open \(path): \(error.errno)")
        }
    }

    /// As compilers write it, so that editors can jump there.
    static func text(_ diagnostic: Diagnostic, _ path: String) -> String {
        let kind =
            switch diagnostic.severity {
            case .must: "error"
            case .should: "warning"
            case .host: "host"
            }
        var text = path
        if let line = diagnostic.line { text += ":\(line)" }
        if let column = diagnostic.column { text += ":\(column)" }
        text += ": \(kind): "
        let place = diagnostic.path.description
        if !place.isEmpty { text += place + ": " }
        return text + diagnostic.message + (diagnostic.section.isEmpty ? "" : " [\(diagnostic.section)]") + "\n"
    }

    static func json(_ diagnostic: Diagnostic) -> JSONValue {
        var members: JSONMembers = [
            "severity": .string(diagnostic.severity.rawValue), "path": .string(diagnostic.path.description),
            "message": .string(diagnostic.message), "section": .string(diagnostic.section),
        ]
        if let line = diagnostic.line { members["line"] = .number(JSONNumber(line)) }
        if let column = diagnostic.column { members["column"] = .number(JSONNumber(column)) }
        return .object(members)
    }
}
