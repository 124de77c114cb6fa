# Completion of veloci's command line for bash. Made by "make manual" from the table of commands.

# _veloci_value COMMAND FLAG: what the flag's value may be; nothing for flags without one
_veloci_value() {
    case "$1 $2" in
    "check --bundle"|"check -b") echo bundles ;;
    "check --format"|"check -f") echo words text json ;;
    "checkpoint --image-path") echo directories ;;
    "checkpoint --work-path") echo directories ;;
    "checkpoint --parent-path") echo directories ;;
    "checkpoint --status-fd") echo nothing ;;
    "checkpoint --page-server") echo nothing ;;
    "checkpoint --manage-cgroups-mode") echo words soft full strict ignore ;;
    "checkpoint --empty-ns") echo nothing ;;
    "checkpoint --network-lock") echo words iptables nftables skip ;;
    "create --bundle"|"create -b") echo bundles ;;
    "create --console-socket") echo files ;;
    "create --pidfd-socket") echo files ;;
    "create --pid-file") echo files ;;
    "create --preserve-fds") echo nothing ;;
    "events --interval") echo nothing ;;
    "events --pressure") echo words low medium critical ;;
    "exec --console-socket") echo files ;;
    "exec --pidfd-socket") echo files ;;
    "exec --cwd") echo nothing ;;
    "exec --env"|"exec -e") echo nothing ;;
    "exec --user"|"exec -u") echo nothing ;;
    "exec --additional-gids"|"exec -g") echo nothing ;;
    "exec --process"|"exec -p") echo files ;;
    "exec --pid-file") echo files ;;
    "exec --process-label") echo nothing ;;
    "exec --apparmor") echo nothing ;;
    "exec --cap"|"exec -c") echo words CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE ;;
    "exec --preserve-fds") echo nothing ;;
    "exec --cgroup") echo nothing ;;
    "list --format"|"list -f") echo words table json ;;
    "plan --bundle"|"plan -b") echo bundles ;;
    "plan --process"|"plan -p") echo files ;;
    "plan --console-socket") echo files ;;
    "plan --pidfd-socket") echo files ;;
    "plan --pid-file") echo files ;;
    "plan --preserve-fds") echo nothing ;;
    "plan --format"|"plan -f") echo words text json ;;
    "plan --image-path") echo directories ;;
    "plan --work-path") echo directories ;;
    "plan --parent-path") echo directories ;;
    "plan --page-server") echo nothing ;;
    "plan --status-fd") echo nothing ;;
    "plan --manage-cgroups-mode") echo words soft full strict ignore ;;
    "plan --empty-ns") echo nothing ;;
    "plan --lsm-profile") echo nothing ;;
    "plan --lsm-mount-context") echo nothing ;;
    "plan --network-lock") echo words iptables nftables skip ;;
    "ps --format"|"ps -f") echo words table json ;;
    "restore --bundle"|"restore -b") echo bundles ;;
    "restore --console-socket") echo files ;;
    "restore --image-path") echo directories ;;
    "restore --work-path") echo directories ;;
    "restore --manage-cgroups-mode") echo words soft full strict ignore ;;
    "restore --pid-file") echo files ;;
    "restore --empty-ns") echo nothing ;;
    "restore --lsm-profile") echo nothing ;;
    "restore --lsm-mount-context") echo nothing ;;
    "restore --network-lock") echo words iptables nftables skip ;;
    "run --bundle"|"run -b") echo bundles ;;
    "run --console-socket") echo files ;;
    "run --pidfd-socket") echo files ;;
    "run --pid-file") echo files ;;
    "run --preserve-fds") echo nothing ;;
    "spec --bundle"|"spec -b") echo bundles ;;
    "update --resources"|"update -r") echo files ;;
    "update --blkio-weight") echo nothing ;;
    "update --cpu-period") echo nothing ;;
    "update --cpu-quota") echo nothing ;;
    "update --cpu-burst") echo nothing ;;
    "update --cpu-share") echo nothing ;;
    "update --cpu-rt-period") echo nothing ;;
    "update --cpu-rt-runtime") echo nothing ;;
    "update --cpuset-cpus") echo nothing ;;
    "update --cpuset-mems") echo nothing ;;
    "update --cpu-idle") echo words 0 1 ;;
    "update --memory") echo nothing ;;
    "update --memory-reservation") echo nothing ;;
    "update --memory-swap") echo nothing ;;
    "update --pids-limit") echo nothing ;;
    "update --l3-cache-schema") echo nothing ;;
    "update --mem-bw-schema") echo nothing ;;
    "update --kernel-memory") echo nothing ;;
    "update --kernel-memory-tcp") echo nothing ;;
    *) case $2 in
    --log) echo files ;;
    --log-format) echo words text json ;;
    --log-level) echo nothing ;;
    --root) echo directories ;;
    --cgroup-manager) echo words cgroupfs systemd disabled ;;
    --rootless) echo words auto true false ;;
    --trace) echo files ;;
    --criu) echo files ;;
    esac ;;
    esac
}

# _veloci_argument COMMAND COUNT: what may come after so many arguments
_veloci_argument() {
    case "$1 $2" in
    "checkpoint 0") echo containers ;;
    "delete 0") echo containers ;;
    "events 0") echo containers ;;
    "exec 0") echo containers ;;
    "kill 0") echo containers ;;
    "kill 1") echo words HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS ;;
    "mounts 0") echo words add remove ;;
    "mounts 1") echo containers ;;
    "pause 0") echo containers running ;;
    "ps 0") echo containers ;;
    "resume 0") echo containers paused ;;
    "start 0") echo containers created ;;
    "state 0") echo containers ;;
    "update 0") echo containers ;;
    "help 0") echo words check checkpoint create delete events exec features kill list mounts pause plan ps restore resume run spec start state update ;;
    esac
}

# _veloci_flags COMMAND: its flags
_veloci_flags() {
    case $1 in
    check) echo --bundle -b --format -f --document-only --help -h ;;
    checkpoint) echo --image-path --work-path --parent-path --leave-running --tcp-established --tcp-skip-in-flight --tcp-close --link-remap --ext-unix-sk --shell-job --lazy-pages --status-fd --page-server --file-locks --pre-dump --manage-cgroups-mode --empty-ns --auto-dedup --network-lock --help -h ;;
    create) echo --bundle -b --console-socket --pidfd-socket --pid-file --no-pivot --no-new-keyring --preserve-fds --help -h ;;
    delete) echo --force -f --regex -r --help -h ;;
    events) echo --interval --stats --pressure --help -h ;;
    exec) echo --console-socket --pidfd-socket --cwd --env -e --tty -t --user -u --additional-gids -g --process -p --detach -d --pid-file --process-label --apparmor --no-new-privs --cap -c --preserve-fds --cgroup --ignore-paused --help -h ;;
    features) echo --help -h ;;
    kill) echo --regex -r --help -h ;;
    list) echo --format -f --quiet -q --help -h ;;
    mounts) echo --help -h ;;
    pause) echo --help -h ;;
    plan) echo --bundle -b --run --process -p --console-socket --pidfd-socket --pid-file --no-pivot --no-new-keyring --preserve-fds --detach -d --format -f --restore --checkpoint --image-path --work-path --parent-path --leave-running --pre-dump --page-server --status-fd --tcp-skip-in-flight --link-remap --tcp-established --tcp-close --ext-unix-sk --shell-job --file-locks --manage-cgroups-mode --empty-ns --auto-dedup --lazy-pages --lsm-profile --lsm-mount-context --network-lock --help -h ;;
    ps) echo --format -f --help -h ;;
    restore) echo --bundle -b --console-socket --image-path --work-path --tcp-established --tcp-close --ext-unix-sk --shell-job --file-locks --manage-cgroups-mode --detach -d --keep --pid-file --no-pivot --empty-ns --auto-dedup --lazy-pages --lsm-profile --lsm-mount-context --network-lock --help -h ;;
    resume) echo --help -h ;;
    run) echo --bundle -b --console-socket --pidfd-socket --detach -d --keep --pid-file --no-pivot --no-new-keyring --preserve-fds --help -h ;;
    spec) echo --bundle -b --rootless --help -h ;;
    start) echo --help -h ;;
    state) echo --help -h ;;
    update) echo --resources -r --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-rt-period --cpu-rt-runtime --cpuset-cpus --cpuset-mems --cpu-idle --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema --help -h ;;
    '') echo --debug --log --log-format --root --systemd-cgroup --cgroup-manager --rootless --trace --criu --version -v --help -h ;;
    esac
}

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
        done < <("${COMP_WORDS[0]/#~\//$HOME/}" ${root:+--root "$root"} list 2>/dev/null)
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
                case $command in exec|kill|ps) limit=1 ;; esac
            fi
        elif [ -n "$(_veloci_value "$command" "$word")" ]; then flag=$word; fi
    done
    if [ -n "$flag" ]; then
        what=$(_veloci_value "$command" "$flag")
    elif [[ $cur == -* ]] && [ $count -lt $limit ]; then
        what="words $(_veloci_flags "$command")"
    elif [ -z "$command" ]; then
        what="words check checkpoint create delete events exec features kill list mounts pause plan ps restore resume run spec start state update help"
    else
        what=$(_veloci_argument "$command" $count)
    fi
    # shellcheck disable=SC2086
    [ -z "$what" ] || _veloci_offer $what
}
complete -F _veloci veloci
