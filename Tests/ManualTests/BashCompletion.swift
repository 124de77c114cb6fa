@testable import VelociCommand

/// The completion for bash.
enum BashCompletion {
    static var text: String {
        var text = """
            # Completion of veloci's command line for bash. Made by "make manual" from the table of commands.

            # _veloci_value COMMAND FLAG: what the flag's value may be; nothing for flags without one
            _veloci_value() {
                case "$1 $2" in

            """
        for command in Subcommands.all() { text += cases(command.name, command.flags) }
        text += "    *) case $2 in\n" + cases(nil, GlobalOptions.flags) + "    esac ;;\n    esac\n}\n\n"
        text += "# _veloci_argument COMMAND COUNT: what may come after so many arguments\n_veloci_argument() {\n    case \"$1 $2\" in\n"
        for command in Subcommands.all() {
            for (index, completion) in Completion.arguments(of: command).enumerated() {
                text += "    \"\(command.name) \(index)\") echo \(completion.words) ;;\n"
            }
        }
        text += "    \"help 0\") echo words \(names) ;;\n    esac\n}\n\n"
        text += "# _veloci_flags COMMAND: its flags\n_veloci_flags() {\n    case $1 in\n"
        for command in Subcommands.all() { text += "    \(command.name)) echo \(spellings(command.flags)) ;;\n" }
        text += "    '') echo \(spellings(GlobalOptions.flags)) ;;\n    esac\n}\n\n"
        return text + functions
    }

    private static var names: String { Subcommands.all().map(\.name).joined(separator: " ") }

    private static func spellings(_ flags: [Flag]) -> String { flags.visible.flatMap(\.spellings).joined(separator: " ") }

    /// One line for each flag with a value; those of a command are told apart by its name.
    private static func cases(_ command: String?, _ flags: [Flag]) -> String {
        flags.filter { $0.takesValue }.map { flag in
            let patterns = flag.spellings.map { spelling in command.map { "\"\($0) \(spelling)\"" } ?? spelling }
            let words = flag.isHidden ? "nothing" : Completion.value(of: flag)?.words ?? "nothing"
            return "    \(patterns.joined(separator: "|"))) echo \(words) ;;\n"
        }.joined()
    }

    /// What does not depend on the table.
    private static var functions: String {
        """
        # _veloci_offer WHAT...: fills COMPREPLY
        _veloci_offer() {
            local what=$1 directory id status
            shift
            case $what in
            words) mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur") ;;
            files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
            directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
            bundles)
                compopt -o filenames
                while IFS= read -r directory; do
                    if [ -e "$directory/config.json" ] || compgen -d -- "$directory/" >/dev/null; then COMPREPLY+=("$directory"); fi
                done < <(compgen -d -- "$cur")
                ;;
            containers)
                while read -r id _ status _; do
                    [ "$id" != ID ] && [ "$status" = "${1:-$status}" ] && [[ $id == "$cur"* ]] && COMPREPLY+=("$id")
                done < <("${COMP_WORDS[0]/#~\\//$HOME/}" ${root:+--root "$root"} list 2>/dev/null)
                ;;
            esac
        }

        _veloci() {
            local cur=${COMP_WORDS[COMP_CWORD]} word command='' root='' count=0 index=1 limit=1000 what flag=''
            COMPREPLY=()
            # bash takes --flag=value for three words
            [ "$cur" != = ] || cur=''
            while [ $index -lt "$COMP_CWORD" ]; do
                word=${COMP_WORDS[index]}
                index=$((index + 1))
                [ "$word" != = ] || continue
                if [ -n "$flag" ]; then
                    [ "$flag" != --root ] || root=$word
                    flag=''
                elif [ $count -ge $limit ] || [[ $word != -* ]]; then
                    if [ -n "$command" ]; then count=$((count + 1)); else
                        command=$word
                        case $command in \(limited)) limit=1 ;; esac
                    fi
                elif [ -n "$(_veloci_value "$command" "$word")" ]; then flag=$word; fi
            done
            if [ -n "$flag" ]; then
                what=$(_veloci_value "$command" "$flag")
            elif [[ $cur == -* ]] && [ $count -lt $limit ]; then
                what="words $(_veloci_flags "$command")"
            elif [ -z "$command" ]; then
                what="words \(names) help"
            else
                what=$(_veloci_argument "$command" $count)
            fi
            # shellcheck disable=SC2086
            [ -z "$what" ] || _veloci_offer $what
        }
        complete -F _veloci veloci

        """
    }

    /// The commands that pass on what follows their first argument.
    private static var limited: String {
        Subcommands.all().filter { $0.argumentLimit == 1 }.map(\.name).joined(separator: "|")
    }
}
