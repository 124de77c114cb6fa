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
        else if contains -- $word --log --log-format --log-level --root --cgroup-manager --rootless --trace --criu
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
    test "$place[2]" = 0; or not contains -- "$place[1]" exec kill ps
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
        case check
            string split ' ' -- '--bundle -b --format -f'
        case checkpoint
            string split ' ' -- '--image-path --work-path --parent-path --status-fd --page-server --manage-cgroups-mode --empty-ns --network-lock'
        case create
            string split ' ' -- '--bundle -b --console-socket --pidfd-socket --pid-file --preserve-fds'
        case events
            string split ' ' -- '--interval --pressure'
        case exec
            string split ' ' -- '--console-socket --pidfd-socket --cwd --env -e --user -u --additional-gids -g --process -p --pid-file --process-label --apparmor --cap -c --preserve-fds --cgroup'
        case list
            string split ' ' -- '--format -f'
        case plan
            string split ' ' -- '--bundle -b --process -p --console-socket --pidfd-socket --pid-file --preserve-fds --format -f --image-path --work-path --parent-path --page-server --status-fd --manage-cgroups-mode --empty-ns --lsm-profile --lsm-mount-context --network-lock'
        case ps
            string split ' ' -- '--format -f'
        case restore
            string split ' ' -- '--bundle -b --console-socket --image-path --work-path --manage-cgroups-mode --pid-file --empty-ns --lsm-profile --lsm-mount-context --network-lock'
        case run
            string split ' ' -- '--bundle -b --console-socket --pidfd-socket --pid-file --preserve-fds'
        case spec
            string split ' ' -- '--bundle -b'
        case update
            string split ' ' -- '--resources -r --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-rt-period --cpu-rt-runtime --cpuset-cpus --cpuset-mems --cpu-idle --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema --kernel-memory --kernel-memory-tcp'
    end
end

complete -c veloci -f
complete -c veloci -n __veloci_begins -a check -d 'list everything that is wrong with a bundle\'s config.json'
complete -c veloci -n __veloci_begins -a checkpoint -d 'write all that a running container is to images, by CRIU'
complete -c veloci -n __veloci_begins -a create -d 'make a container from a bundle; its program waits for start'
complete -c veloci -n __veloci_begins -a delete -d 'remove what a stopped container has left'
complete -c veloci -n __veloci_begins -a events -d 'print what a container uses, and when it runs out of memory'
complete -c veloci -n __veloci_begins -a exec -d 'run another program in a container'
complete -c veloci -n __veloci_begins -a features -d 'print what this runtime can do, as JSON'
complete -c veloci -n __veloci_begins -a kill -d 'send a signal to a container\'s first process'
complete -c veloci -n __veloci_begins -a list -d 'list the containers below the root directory'
complete -c veloci -n __veloci_begins -a mounts -d 'add mounts to a container that runs, or remove them'
complete -c veloci -n __veloci_begins -a pause -d 'stop all processes of a container where they are'
complete -c veloci -n __veloci_begins -a plan -d 'print what create, run, exec, checkpoint or restore would do, step by step, without doing it'
complete -c veloci -n __veloci_begins -a ps -d 'list the processes of a container'
complete -c veloci -n __veloci_begins -a restore -d 'make a container again out of a checkpoint\'s images'
complete -c veloci -n __veloci_begins -a resume -d 'let all processes of a paused container go on'
complete -c veloci -n __veloci_begins -a run -d 'make a container from a bundle and run its program'
complete -c veloci -n __veloci_begins -a spec -d 'write a config.json to start from'
complete -c veloci -n __veloci_begins -a start -d 'run the program of a created container'
complete -c veloci -n __veloci_begins -a state -d 'print a container\'s state, as JSON'
complete -c veloci -n __veloci_begins -a update -d 'change the limits of a container'
complete -c veloci -n __veloci_begins -a help -d 'print help'
complete -c veloci -n '__veloci_reads_flags' -l debug -d 'write debug messages to the log'
complete -c veloci -n '__veloci_reads_flags' -l log -r -F -d 'append messages to this file'
complete -c veloci -n '__veloci_reads_flags' -l log-format -r -f -a 'text json' -d 'the format of messages: text or json'
complete -c veloci -n '__veloci_reads_flags' -l root -r -f -a '(__fish_complete_directories)' -d 'the directory that containers\' states are kept in'
complete -c veloci -n '__veloci_reads_flags' -l systemd-cgroup -d 'let systemd make control groups; cgroupsPath is then "slice:prefix:name"'
complete -c veloci -n '__veloci_reads_flags' -l cgroup-manager -r -f -a 'cgroupfs systemd disabled' -d 'who makes control groups: cgroupfs, systemd or disabled'
complete -c veloci -n '__veloci_reads_flags' -l rootless -r -f -a 'auto true false' -d 'true goes without control groups that are refused; auto does so for users'
complete -c veloci -n '__veloci_reads_flags' -l trace -r -F -d 'write when each step of create, start, run, exec, checkpoint and restore took place: JSON for Perfetto, - for a table'
complete -c veloci -n '__veloci_reads_flags' -l criu -r -F -d 'the program that checkpoints and restores'
complete -c veloci -n '__veloci_reads_flags' -l version -s v -d 'print the version'
complete -c veloci -n '__veloci_begins' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at check' -l bundle -s b -r -f -a '(__fish_complete_directories)' -d 'the bundle directory'
complete -c veloci -n '__veloci_at check' -l format -s f -r -f -a 'text json' -d 'text or json'
complete -c veloci -n '__veloci_at check' -l document-only -d 'leave out what depends on this host'
complete -c veloci -n '__veloci_at check' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at checkpoint' -l image-path -r -f -a '(__fish_complete_directories)' -d 'the directory of CRIU\'s images'
complete -c veloci -n '__veloci_at checkpoint' -l work-path -r -f -a '(__fish_complete_directories)' -d 'the directory of CRIU\'s log and work files'
complete -c veloci -n '__veloci_at checkpoint' -l parent-path -r -f -a '(__fish_complete_directories)' -d 'the images of an earlier pre-dump, relative to --image-path'
complete -c veloci -n '__veloci_at checkpoint' -l leave-running -d 'let the container go on after the checkpoint'
complete -c veloci -n '__veloci_at checkpoint' -l tcp-established -d 'allow established TCP connections'
complete -c veloci -n '__veloci_at checkpoint' -l tcp-skip-in-flight -d 'leave out TCP connections that are not accepted yet'
complete -c veloci -n '__veloci_at checkpoint' -l tcp-close -d 'restore established TCP connections as closed ones'
complete -c veloci -n '__veloci_at checkpoint' -l link-remap -d 'allow unlinked files, which get a name meanwhile'
complete -c veloci -n '__veloci_at checkpoint' -l ext-unix-sk -d 'allow unix sockets whose other end is outside of the container'
complete -c veloci -n '__veloci_at checkpoint' -l shell-job -d 'allow a program in the session and on the terminal of its caller'
complete -c veloci -n '__veloci_at checkpoint' -l lazy-pages -d 'leave memory to be fetched when it is used (userfaultfd)'
complete -c veloci -n '__veloci_at checkpoint' -l status-fd -r -f -d 'write a zero byte to this descriptor when the server of lazy pages is ready'
complete -c veloci -n '__veloci_at checkpoint' -l page-server -r -f -d 'send memory to this page server: ADDRESS:PORT'
complete -c veloci -n '__veloci_at checkpoint' -l file-locks -d 'allow file locks'
complete -c veloci -n '__veloci_at checkpoint' -l pre-dump -d 'dump memory alone and let the container go on'
complete -c veloci -n '__veloci_at checkpoint' -l manage-cgroups-mode -r -f -a 'soft full strict ignore' -d 'what CRIU does about control groups: soft, full, strict or ignore'
complete -c veloci -n '__veloci_at checkpoint' -l empty-ns -r -f -d 'restore this namespace empty: network, which always is'
complete -c veloci -n '__veloci_at checkpoint' -l auto-dedup -d 'remove memory from earlier images that later ones have'
complete -c veloci -n '__veloci_at checkpoint' -l network-lock -r -f -a 'iptables nftables skip' -d 'how packets are held back meanwhile: iptables, nftables or skip'
complete -c veloci -n '__veloci_at checkpoint' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at checkpoint 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at create' -l bundle -s b -r -f -a '(__fish_complete_directories)' -d 'the bundle directory'
complete -c veloci -n '__veloci_at create' -l console-socket -r -F -d 'the socket that receives the terminal\'s descriptor; needs process.terminal'
complete -c veloci -n '__veloci_at create' -l pidfd-socket -r -F -d 'the socket that receives a pidfd of the process'
complete -c veloci -n '__veloci_at create' -l pid-file -r -F -d 'write the process\'s id on the host to this file'
complete -c veloci -n '__veloci_at create' -l no-pivot -d 'change the root without pivot_root, for a root on a ramdisk'
complete -c veloci -n '__veloci_at create' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c veloci -n '__veloci_at create' -l preserve-fds -r -f -d 'pass that many descriptors on, from 3 and after $LISTEN_FDS\'s'
complete -c veloci -n '__veloci_at create' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at delete' -l force -s f -d 'kill a running container first; an id that does not exist is no error'
complete -c veloci -n '__veloci_at delete' -l regex -s r -d 'take the id for an extended regular expression: all containers that match it in some place'
complete -c veloci -n '__veloci_at delete' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at delete 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at events' -l interval -r -f -d 'the time between statistics, such as 500ms or 1m30s'
complete -c veloci -n '__veloci_at events' -l stats -d 'print statistics once'
complete -c veloci -n '__veloci_at events' -l pressure -r -f -a 'low medium critical' -d 'also tell when memory gets scarce: low, medium or critical'
complete -c veloci -n '__veloci_at events' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at events 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at exec 0' -l console-socket -r -F -d 'the socket that receives the terminal\'s descriptor; needs process.terminal'
complete -c veloci -n '__veloci_at exec 0' -l pidfd-socket -r -F -d 'the socket that receives a pidfd of the process'
complete -c veloci -n '__veloci_at exec 0' -l cwd -r -f -d 'the working directory inside the container'
complete -c veloci -n '__veloci_at exec 0' -l env -s e -r -f -d 'set an environment variable: NAME=value'
complete -c veloci -n '__veloci_at exec 0' -l tty -s t -d 'give it a terminal'
complete -c veloci -n '__veloci_at exec 0' -l user -s u -r -f -d 'run as this user: UID[:GID]'
complete -c veloci -n '__veloci_at exec 0' -l additional-gids -s g -r -f -d 'add a group'
complete -c veloci -n '__veloci_at exec 0' -l process -s p -r -F -d 'read the process from this file, an object like config.json\'s process'
complete -c veloci -n '__veloci_at exec 0' -l detach -s d -d 'return as soon as the process runs'
complete -c veloci -n '__veloci_at exec 0' -l pid-file -r -F -d 'write the process\'s id on the host to this file'
complete -c veloci -n '__veloci_at exec 0' -l process-label -r -f -d 'the SELinux label of the process'
complete -c veloci -n '__veloci_at exec 0' -l apparmor -r -f -d 'the AppArmor profile of the process'
complete -c veloci -n '__veloci_at exec 0' -l no-new-privs -d 'forbid new privileges to it'
complete -c veloci -n '__veloci_at exec 0' -l cap -s c -r -f -a 'CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE' -d 'add a capability'
complete -c veloci -n '__veloci_at exec 0' -l preserve-fds -r -f -d 'pass that many descriptors on, from 3 and after $LISTEN_FDS\'s'
complete -c veloci -n '__veloci_at exec 0' -l cgroup -r -f -d 'run it in this control group below the container\'s: [CONTROLLER[,...]:]PATH'
complete -c veloci -n '__veloci_at exec 0' -l ignore-paused -d 'do not refuse a paused container'
complete -c veloci -n '__veloci_at exec 0' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at exec 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at features' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at kill 0' -l regex -s r -d 'take the id for an extended regular expression: all containers that match it in some place'
complete -c veloci -n '__veloci_at kill 0' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at kill 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at kill 1' -f -a 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
complete -c veloci -n '__veloci_at list' -l format -s f -r -f -a 'table json' -d 'table or json'
complete -c veloci -n '__veloci_at list' -l quiet -s q -d 'print only ids'
complete -c veloci -n '__veloci_at list' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at mounts' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at mounts 0' -f -a 'add remove'
complete -c veloci -n '__veloci_at mounts 1' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at pause' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at pause 0' -f -a '(__veloci_containers running)'
complete -c veloci -n '__veloci_at plan' -l bundle -s b -r -f -a '(__fish_complete_directories)' -d 'the bundle directory'
complete -c veloci -n '__veloci_at plan' -l run -d 'plan a run, which does not wait for start'
complete -c veloci -n '__veloci_at plan' -l process -s p -r -F -d 'plan an exec of the process in this file'
complete -c veloci -n '__veloci_at plan' -l console-socket -r -F -d 'the socket that receives the terminal\'s descriptor; needs process.terminal'
complete -c veloci -n '__veloci_at plan' -l pidfd-socket -r -F -d 'the socket that receives a pidfd of the process'
complete -c veloci -n '__veloci_at plan' -l pid-file -r -F -d 'write the process\'s id on the host to this file'
complete -c veloci -n '__veloci_at plan' -l no-pivot -d 'change the root without pivot_root, for a root on a ramdisk'
complete -c veloci -n '__veloci_at plan' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c veloci -n '__veloci_at plan' -l preserve-fds -r -f -d 'pass that many descriptors on, from 3 and after $LISTEN_FDS\'s'
complete -c veloci -n '__veloci_at plan' -l detach -s d -d 'return as soon as the process runs'
complete -c veloci -n '__veloci_at plan' -l format -s f -r -f -a 'text json' -d 'text or json'
complete -c veloci -n '__veloci_at plan' -l restore -d 'plan a restore'
complete -c veloci -n '__veloci_at plan' -l checkpoint -d 'plan a checkpoint of the container with this id'
complete -c veloci -n '__veloci_at plan' -l image-path -r -f -a '(__fish_complete_directories)' -d 'the directory of CRIU\'s images'
complete -c veloci -n '__veloci_at plan' -l work-path -r -f -a '(__fish_complete_directories)' -d 'the directory of CRIU\'s log and work files'
complete -c veloci -n '__veloci_at plan' -l parent-path -r -f -a '(__fish_complete_directories)' -d 'the images of an earlier pre-dump, relative to --image-path'
complete -c veloci -n '__veloci_at plan' -l leave-running -d 'let the container go on after the checkpoint'
complete -c veloci -n '__veloci_at plan' -l pre-dump -d 'dump memory alone and let the container go on'
complete -c veloci -n '__veloci_at plan' -l page-server -r -f -d 'send memory to this page server: ADDRESS:PORT'
complete -c veloci -n '__veloci_at plan' -l status-fd -r -f -d 'write a zero byte to this descriptor when the server of lazy pages is ready'
complete -c veloci -n '__veloci_at plan' -l tcp-skip-in-flight -d 'leave out TCP connections that are not accepted yet'
complete -c veloci -n '__veloci_at plan' -l link-remap -d 'allow unlinked files, which get a name meanwhile'
complete -c veloci -n '__veloci_at plan' -l tcp-established -d 'allow established TCP connections'
complete -c veloci -n '__veloci_at plan' -l tcp-close -d 'restore established TCP connections as closed ones'
complete -c veloci -n '__veloci_at plan' -l ext-unix-sk -d 'allow unix sockets whose other end is outside of the container'
complete -c veloci -n '__veloci_at plan' -l shell-job -d 'allow a program in the session and on the terminal of its caller'
complete -c veloci -n '__veloci_at plan' -l file-locks -d 'allow file locks'
complete -c veloci -n '__veloci_at plan' -l manage-cgroups-mode -r -f -a 'soft full strict ignore' -d 'what CRIU does about control groups: soft, full, strict or ignore'
complete -c veloci -n '__veloci_at plan' -l empty-ns -r -f -d 'restore this namespace empty: network, which always is'
complete -c veloci -n '__veloci_at plan' -l auto-dedup -d 'remove memory from earlier images that later ones have'
complete -c veloci -n '__veloci_at plan' -l lazy-pages -d 'leave memory to be fetched when it is used (userfaultfd)'
complete -c veloci -n '__veloci_at plan' -l lsm-profile -r -f -d 'restore with another profile: apparmor:NAME or selinux:LABEL'
complete -c veloci -n '__veloci_at plan' -l lsm-mount-context -r -f -d 'restore with another SELinux label of mounts'
complete -c veloci -n '__veloci_at plan' -l network-lock -r -f -a 'iptables nftables skip' -d 'how packets are held back meanwhile: iptables, nftables or skip'
complete -c veloci -n '__veloci_at plan' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at ps 0' -l format -s f -r -f -a 'table json' -d 'table or json'
complete -c veloci -n '__veloci_at ps 0' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at ps 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at restore' -l bundle -s b -r -f -a '(__fish_complete_directories)' -d 'the bundle directory'
complete -c veloci -n '__veloci_at restore' -l console-socket -r -F -d 'the socket that receives the terminal\'s descriptor; needs process.terminal'
complete -c veloci -n '__veloci_at restore' -l image-path -r -f -a '(__fish_complete_directories)' -d 'the directory of CRIU\'s images'
complete -c veloci -n '__veloci_at restore' -l work-path -r -f -a '(__fish_complete_directories)' -d 'the directory of CRIU\'s log and work files'
complete -c veloci -n '__veloci_at restore' -l tcp-established -d 'allow established TCP connections'
complete -c veloci -n '__veloci_at restore' -l tcp-close -d 'restore established TCP connections as closed ones'
complete -c veloci -n '__veloci_at restore' -l ext-unix-sk -d 'allow unix sockets whose other end is outside of the container'
complete -c veloci -n '__veloci_at restore' -l shell-job -d 'allow a program in the session and on the terminal of its caller'
complete -c veloci -n '__veloci_at restore' -l file-locks -d 'allow file locks'
complete -c veloci -n '__veloci_at restore' -l manage-cgroups-mode -r -f -a 'soft full strict ignore' -d 'what CRIU does about control groups: soft, full, strict or ignore'
complete -c veloci -n '__veloci_at restore' -l detach -s d -d 'return as soon as the process runs'
complete -c veloci -n '__veloci_at restore' -l keep -d 'keep the container when its program has ended'
complete -c veloci -n '__veloci_at restore' -l pid-file -r -F -d 'write the process\'s id on the host to this file'
complete -c veloci -n '__veloci_at restore' -l no-pivot -d 'change the root without pivot_root, for a root on a ramdisk'
complete -c veloci -n '__veloci_at restore' -l empty-ns -r -f -d 'restore this namespace empty: network, which always is'
complete -c veloci -n '__veloci_at restore' -l auto-dedup -d 'remove memory from earlier images that later ones have'
complete -c veloci -n '__veloci_at restore' -l lazy-pages -d 'leave memory to be fetched when it is used (userfaultfd)'
complete -c veloci -n '__veloci_at restore' -l lsm-profile -r -f -d 'restore with another profile: apparmor:NAME or selinux:LABEL'
complete -c veloci -n '__veloci_at restore' -l lsm-mount-context -r -f -d 'restore with another SELinux label of mounts'
complete -c veloci -n '__veloci_at restore' -l network-lock -r -f -a 'iptables nftables skip' -d 'how packets are held back meanwhile: iptables, nftables or skip'
complete -c veloci -n '__veloci_at restore' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at resume' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at resume 0' -f -a '(__veloci_containers paused)'
complete -c veloci -n '__veloci_at run' -l bundle -s b -r -f -a '(__fish_complete_directories)' -d 'the bundle directory'
complete -c veloci -n '__veloci_at run' -l console-socket -r -F -d 'the socket that receives the terminal\'s descriptor; needs process.terminal'
complete -c veloci -n '__veloci_at run' -l pidfd-socket -r -F -d 'the socket that receives a pidfd of the process'
complete -c veloci -n '__veloci_at run' -l detach -s d -d 'return as soon as the process runs'
complete -c veloci -n '__veloci_at run' -l keep -d 'keep the container when its program has ended'
complete -c veloci -n '__veloci_at run' -l pid-file -r -F -d 'write the process\'s id on the host to this file'
complete -c veloci -n '__veloci_at run' -l no-pivot -d 'change the root without pivot_root, for a root on a ramdisk'
complete -c veloci -n '__veloci_at run' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c veloci -n '__veloci_at run' -l preserve-fds -r -f -d 'pass that many descriptors on, from 3 and after $LISTEN_FDS\'s'
complete -c veloci -n '__veloci_at run' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at spec' -l bundle -s b -r -f -a '(__fish_complete_directories)' -d 'the bundle directory'
complete -c veloci -n '__veloci_at spec' -l rootless -d 'write a configuration for a container without root\'s privileges'
complete -c veloci -n '__veloci_at spec' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at start' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at start 0' -f -a '(__veloci_containers created)'
complete -c veloci -n '__veloci_at state' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at state 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at update' -l resources -s r -r -F -d 'read the limits from this file, an object like linux.resources; - is standard input'
complete -c veloci -n '__veloci_at update' -l blkio-weight -r -f -d 'the weight of block I/O, such as 10 to 1000'
complete -c veloci -n '__veloci_at update' -l cpu-period -r -f -d 'the period that cpu-quota is for, in microseconds'
complete -c veloci -n '__veloci_at update' -l cpu-quota -r -f -d 'processor time in a period, in microseconds'
complete -c veloci -n '__veloci_at update' -l cpu-burst -r -f -d 'processor time that may be saved up beyond the quota, in microseconds'
complete -c veloci -n '__veloci_at update' -l cpu-share -r -f -d 'processor time relative to other containers'
complete -c veloci -n '__veloci_at update' -l cpu-rt-period -r -f -d 'the period that cpu-rt-runtime is for, in microseconds'
complete -c veloci -n '__veloci_at update' -l cpu-rt-runtime -r -f -d 'real-time processor time in a period, in microseconds'
complete -c veloci -n '__veloci_at update' -l cpuset-cpus -r -f -d 'processors that may be used, such as 0-3,7'
complete -c veloci -n '__veloci_at update' -l cpuset-mems -r -f -d 'memory nodes that may be used'
complete -c veloci -n '__veloci_at update' -l cpu-idle -r -f -a '0 1' -d '1 runs the container only when nothing else wants the processor'
complete -c veloci -n '__veloci_at update' -l memory -r -f -d 'memory in bytes, with an optional k, m, g, t or p; -1 for no limit'
complete -c veloci -n '__veloci_at update' -l memory-reservation -r -f -d 'memory in bytes below which nothing is taken back'
complete -c veloci -n '__veloci_at update' -l memory-swap -r -f -d 'memory and swap together in bytes; -1 for no limit'
complete -c veloci -n '__veloci_at update' -l pids-limit -r -f -d 'how many processes there may be'
complete -c veloci -n '__veloci_at update' -l l3-cache-schema -r -f -d 'the schema of the level 3 cache, for resctrl'
complete -c veloci -n '__veloci_at update' -l mem-bw-schema -r -f -d 'the schema of the memory bandwidth, for resctrl'
complete -c veloci -n '__veloci_at update' -l help -s h -d 'print this help'
complete -c veloci -n '__veloci_at update 0' -f -a '(__veloci_containers)'
complete -c veloci -n '__veloci_at help 0' -a 'check checkpoint create delete events exec features kill list mounts pause plan ps restore resume run spec start state update'
