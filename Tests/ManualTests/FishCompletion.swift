@testable import VelociCommand

/// The completion for fish.
enum FishCompletion {
    static var text: String {
        var text = """
            # Completion of veloci's command line for fish. Made by "make manual" from the table of commands.

            # The command on the line, and how many arguments it has: "kill 1"
            function __veloci_place
                set -l words (commandline -opc)
                set -e words[1]
                set -l found
                set -l count 0
                set -l skip no
                for word in $words
                    if test $skip = yes
                        set skip no
                    else if contains -- $word \(valued(GlobalOptions.flags))
                        set skip yes
                    else if test -n "$found"; and contains -- $word (__veloci_valued $found)
                        set skip yes
                    else if string match -q -- '-*' $word
                        continue
                    else if test -z "$found"
                        set found $word
                    else
                        set count (math $count + 1)
                    end
                end
                echo "$found $count"
            end

            function __veloci_at
                set -l place (string split ' ' -- (__veloci_place))
                test "$place[1]" = "$argv[1]"; and test (count $argv) = 1 -o "$place[2]" = "$argv[2]"
            end

            function __veloci_begins
                set -l place (string split ' ' -- (__veloci_place))
                test -z "$place[1]"
            end

            # What follows the first argument of some commands is not veloci's
            function __veloci_reads_flags
                set -l place (string split ' ' -- (__veloci_place))
                test "$place[2]" = 0; or not contains -- "$place[1]" \(limited)
            end

            # Ids of containers with a status, or of all
            function __veloci_containers
                set -l words (commandline -opc)
                set -l root
                for index in (seq 2 (count $words))
                    set -l next (math $index + 1)
                    string match -q -- '--root' $words[$index]; and set -q words[$next]; and set root --root $words[$next]
                    string match -q -- '--root=*' $words[$index]; and set root $words[$index]
                end
                $words[1] $root list 2>/dev/null | while read -l id pid state rest
                    test $id != ID; and test (count $argv) = 0 -o "$state" = "$argv[1]"; and echo $id
                end
            end

            function __veloci_valued
                switch $argv[1]

            """
        for command in Subcommands.all() where command.flags.contains(where: { $0.takesValue }) {
            text += "        case \(command.name)\n            string split ' ' -- '\(valued(command.flags))'\n"
        }
        text += "    end\nend\n\ncomplete -c veloci -f\n"
        for command in Subcommands.all() {
            text += "complete -c veloci -n __veloci_begins -a \(command.name) -d \(quoted(command.summary))\n"
        }
        text += "complete -c veloci -n __veloci_begins -a help -d 'print help'\n"
        text += options(GlobalOptions.flags, "__veloci_reads_flags")
        for command in Subcommands.all() {
            text += options(command.flags, "__veloci_at \(command.name)\(command.argumentLimit == 1 ? " 0" : "")")
            for (index, completion) in Completion.arguments(of: command).enumerated() {
                text += "complete -c veloci -n '__veloci_at \(command.name) \(index)' \(action(completion))\n"
            }
        }
        let names = Subcommands.all().map(\.name).joined(separator: " ")
        return text + "complete -c veloci -n '__veloci_at help 0' -a '\(names)'\n"
    }

    private static func valued(_ flags: [Flag]) -> String {
        flags.filter { $0.takesValue }.flatMap(\.spellings).joined(separator: " ")
    }

    /// The commands that pass on what follows their first argument.
    private static var limited: String {
        Subcommands.all().filter { $0.argumentLimit == 1 }.map(\.name).joined(separator: " ")
    }

    private static func options(_ flags: [Flag], _ condition: String) -> String {
        flags.visible.map { flag in
            let isOfProgram = condition == "__veloci_reads_flags" && flag.hasName("help")
            var text = "complete -c veloci -n '\(isOfProgram ? "__veloci_begins" : condition)'"
            text += " -l \(flag.name)" + (flag.letter.map { " -s \($0)" } ?? "")
            if flag.takesValue { text += " -r " + action(Completion.value(of: flag) ?? .nothing) }
            return text + " -d \(quoted(flag.usage))\n"
        }.joined()
    }

    private static func action(_ completion: Completion) -> String {
        switch completion {
        case .words(let words): "-f -a '\(words.joined(separator: " "))'"
        case .files: "-F"
        case .directories, .bundles: "-f -a '(__fish_complete_directories)'"
        case .containers(let status): "-f -a '(__veloci_containers\(status.map { " " + $0 } ?? ""))'"
        case .signals: "-f -a '\(Completion.signalNames.joined(separator: " "))'"
        case .nothing: "-f"
        }
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "\\'") + "'" }
}
