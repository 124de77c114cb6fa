@testable import VelociCommand

/// The completion for zsh.
enum ZshCompletion {
    static var text: String {
        var text = """
            #compdef veloci
            # Completion of veloci's command line for zsh. Made by "make manual" from the table of commands.

            # The state root that was given before the command is $root of _veloci.
            _veloci_containers() {
                local -a ids
                local id pid state rest
                $service $root list 2>/dev/null | while read -r id pid state rest; do
                    [[ $id != ID && $state = ${1:-$state} ]] && ids+=($id)
                done
                _wanted containers expl container compadd -a ids
            }

            _veloci_bundles() { _files -/ }

            _veloci_commands() {
                local -a commands=(

            """
        for command in Subcommands.all() { text += "        \(quoted("\(command.name):\(command.summary)"))\n" }
        text += """
                    'help:print help'
                )
                _describe -t commands command commands
            }

            _veloci() {
                local curcontext=$curcontext state line
                typeset -A opt_args
                _arguments -C -A '-*' \\

            """
        text += specifications(GlobalOptions.flags) + "        '1:command:_veloci_commands' '*:: :->arguments' && return\n"
        text += "    [[ $state = arguments ]] || return\n    local -a root=(${opt_args[--root]:+--root} ${opt_args[--root]})\n"
        text += "    curcontext=${curcontext%:*:*}:veloci-$words[1]:\n    case $words[1] in\n"
        for command in Subcommands.all() {
            text += "    \(command.name)) _arguments -A '-*' \\\n" + specifications(command.flags, also: global)
            let arguments = Completion.arguments(of: command)
            for (index, completion) in arguments.enumerated() {
                text += "        '\(index + 1):\(completion.label):\(action(completion))' \\\n"
            }
            text += (command.argumentLimit == 1 && arguments.count == 1 ? "        '*:: : '" : "        ") + " ;;\n"
        }
        return text + "    help) _arguments '1:command:_veloci_commands' ;;\n    esac\n}\n\n_veloci \"$@\"\n"
    }

    /// Flags that stand before the command may stand behind it as well.
    private static let global = GlobalOptions.flags

    private static func specifications(_ flags: [Flag], also others: [Flag] = []) -> String {
        let rest = others.filter { other in !flags.contains { $0.hasName(other.name) } }
        return (flags.visible + rest.filter { !$0.isHidden }).map { flag in
            let names = flag.spellings
            let isRepeated = if case .texts = flag.kind { true } else if case .integers = flag.kind { true } else { false }
            let excluded = isRepeated ? "'*'" : "'(\(names.joined(separator: " ")))'"
            let spelled = names.count == 1 ? names[0] : "{\(names.joined(separator: ","))}"
            var what = "[\(described(flag.usage))]"
            if flag.takesValue {
                let completion = Completion.value(of: flag) ?? .nothing
                what += ":\(flag.name):\(action(completion))"
            }
            return "        \(excluded)\(spelled)\(quoted(what)) \\\n"
        }.joined()
    }

    private static func action(_ completion: Completion) -> String {
        switch completion {
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .files: "_files"
        case .directories: "_files -/"
        case .bundles: "_veloci_bundles"
        // The space keeps _arguments from handing over words of its own.
        case .containers(let status): " _veloci_containers" + (status.map { " " + $0 } ?? "")
        case .signals: "(\(Completion.signalNames.joined(separator: " ")))"
        case .nothing: " "
        }
    }

    /// A text inside the brackets of a specification.
    private static func described(_ text: String) -> String {
        text.replacing("[", with: "\\[").replacing("]", with: "\\]").replacing(":", with: "\\:")
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}

extension Completion {
    /// What the shell calls it.
    var label: String {
        if case .signals = self { return "signal" }
        return "container"
    }
}
