internal import ByteText

/// The texts of `--help` and `help`.
enum Help {
    /// What the program is and which commands it has.
    static func program(_ program: String, _ commands: [Subcommand]) -> String {
        var text = """
            NAME:
               \(program) - Open Container Initiative runtime

            USAGE:
               \(program) [global options] command [command options] [arguments]

            DESCRIPTION:
               veloci runs containers as the Open Container Initiative's runtime specification describes them. A container
               comes from a bundle: a directory with config.json and the files of the container's root. What a command would
               do to this machine is printed by "\(program) plan".

               The command line is that of runc, so podman, Docker, containerd, CRI-O and Kubernetes can use it.

            COMMANDS:

            """
        let width = commands.reduce(0) { max($0, $1.name.utf8.count) } + 3
        for command in commands {
            text += "   \(padded(command.name, width))\(command.summary)\n"
        }
        return text + "\nGLOBAL OPTIONS:\n" + options(GlobalOptions.flags)
    }

    /// How one command is used.
    static func command(_ program: String, _ command: Subcommand) -> String {
        let visible = command.flags.contains { !$0.isHidden }
        var text = """
            NAME:
               \(program) \(command.name) - \(command.summary)

            USAGE:
               \(program) \(command.name)\(visible ? " [options]" : "")\(command.arguments.isEmpty ? "" : " ")\(command.arguments)

            """
        if !command.explanation.isEmpty {
            text += "\nDESCRIPTION:\n"
            for line in command.explanation.parts(at: "\n", keepsEmpty: true) {
                text += line.isEmpty ? "\n" : "   \(line)\n"
            }
        }
        return text + "\nOPTIONS:\n" + options(command.flags)
    }

    private static func options(_ flags: [Flag]) -> String {
        let lines = (flags + [Flag("help", "h", .bool, "print this help")]).filter { !$0.isHidden }.map { flag in
            (names(flag), flag.usage + (flag.standard.isEmpty ? "" : " (default: \(flag.standard))"))
        }
        let width = lines.reduce(0) { max($0, $1.0.utf8.count) } + 3
        return lines.reduce("") { $0 + "   \(padded($1.0, width))\($1.1)\n" }
    }

    private static func names(_ flag: Flag) -> String {
        let value =
            switch flag.kind {
            case .bool: ""
            case .text: " TEXT"
            case .integer: " NUMBER"
            case .duration: " TIME"
            case .texts: " TEXT ..."
            case .integers: " NUMBER ..."
            }
        return "--\(flag.name)" + (flag.letter.map { ", -\($0)" } ?? "") + value
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
}
