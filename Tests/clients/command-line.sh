#!/bin/bash
# command-line.sh: the runtime's own commands as people and scripts use them, without an engine in between: terminals, descriptors,
# hooks that misbehave, commands that meet on one container. RUNTIME=runc tests the tests; what runc does otherwise says so.
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq script:bsdutils
bundle=$work/bundle; root=$work/state
busybox_tree "$bundle/rootfs"
runtime() { "$RUNTIME" --root "$root" "$@"; }
(cd "$bundle" && "$RUNTIME" spec) || { echo "Bail out! no config.json"; exit 1; }
jq --arg group "/$parent/box" '.process.terminal = false | .process.args = ["sleep", "1000"] | .root.readonly = false | .linux.cgroupsPath = $group
    | del(.process.capabilities.ambient)' "$bundle/config.json" >"$work/plain.json"
before_clean_up() { runtime resume box; runtime delete --force box; }
# configure FILTER: the plain configuration, changed by a filter of jq
configure() { jq "${1:-.}" "$work/plain.json" >"$bundle/config.json"; }
afresh() { { runtime resume box; runtime delete --force box; } >/dev/null 2>&1 || true; configure "${1:-.}"; }
status_of() { runtime state box | jq -r .status; }
gone() { [ ! -e "$root/box" ] && [ -z "$(find /sys/fs/cgroup -type d -path "*/$parent/box" 2>/dev/null)" ]; }
box() { afresh "${1:-.}" && runtime run --detach --bundle "$bundle" box; }
says() { local words=$1 wanted=$2 end=0; shift 2; "$@" >"$work/said" 2>&1 || end=$?; [ "$end" = "$wanted" ] && grep -qF -- "$words" "$work/said" || { echo "status $end, said:"; cat "$work/said"; return 1; }; }

necessary "a container in the background" box

# --- exec
check "exec does not make a directory that is missing" says 'set in config.json failed: no such file or directory' 255 runtime exec --cwd /no/such box pwd
check "and has not made it" status 2 ls "$bundle/rootfs/no"
made() { afresh '.process.cwd = "/made/here" | .process.args = ["pwd"]' && runtime run --bundle "$bundle" box; }
check "run does" expect /made/here made
check "the container again" box
foreground_signal() { "$RUNTIME" --root "$root" exec box sh -c 'trap "exit 7" USR1; echo up; while :; do sleep 0.1; done' >"$work/up" & local process=$!
    eventually grep -q up "$work/up" && kill -USR1 $process && wait $process; }
check "exec in the foreground forwards signals" status 7 foreground_signal
from_file() { echo '{"user": {"uid": 5, "gid": 6}, "args": ["sh", "-c", "id -u; pwd; echo $A; sleep 100"], "env": ["PATH=/bin", "A=b"], "cwd": "/tmp"}' >"$work/process"
    runtime exec --process "$work/process" --detach --pid-file "$work/pid" box >"$work/detached" && eventually grep -q b "$work/detached" &&
    [ "$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$(cat "$work/pid")/status")" = 5 ] && kill -KILL "$(cat "$work/pid")" && tr '\n' ' ' <"$work/detached"; }
check "exec of a process in a file, detached, with a pid file" expect '5 /tmp b ' from_file

check "exec as the user that means as before" says 'process.user.uid: 4294967295' 255 runtime exec --user 4294967295 box id
check "exec as a user with a sign" expect '7 8' runtime exec --user +7:+8 box sh -c 'echo $(id -u) $(id -g)'
check "but not a negative one" says 'bad uid: ' 255 runtime exec --user -0 box id
check "exec in a control group that does not exist" says ' adding pid ' 255 runtime exec --cgroup no/such box true
check "exec in a relative directory" says 'process.cwd: ' 255 runtime exec --cwd tmp box pwd
bad_process() { echo '{"user": {"uid": 0, "gid": 4294967295}, "args": ["id"], "env": ["PATH=/bin"], "cwd": "/"}' >"$work/process"; runtime exec --process "$work/process" box; }
check "exec of a process with a group like that" says 'process.user.gid: 4294967295' 255 bad_process

# Hangup, user 1 and the last of the real-time signals.
unheard() { (trap '' HUP USR1 64; "$RUNTIME" --root "$root" "$@") | grep SigIgn | tr -d '\t\n'; }
unheard_by_run() { afresh '.process.args = ["cat", "/proc/self/status"]' && unheard run --bundle "$bundle" box; }
check "signals that the caller ignores are not ignored inside" expect SigIgn:0000000000000000 unheard_by_run
check "the container again" box
check "nor by what exec starts" expect SigIgn:0000000000000000 unheard exec box cat /proc/self/status

# --- plan
if [ "$runtime_name" != veloci ]; then skip "plan" "only veloci has it"; else
    cp "$RUNTIME" "$work/for-all"; chmod 755 "$work/for-all"
    as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$work/for-all" --root "$work/nowhere" "$@"; }
    # without a cgroup namespace an ordinary user could not have the last mount
    plans() { configure '.linux.namespaces |= map(select(.type != "cgroup"))'; as_nobody plan --bundle "$bundle" >"$work/plan.nobody" && runtime plan --bundle "$bundle" >"$work/plan.root" &&
        diff -u "$work/plan.root" "$work/plan.nobody"; }
    check "anybody sees the plan that root would perform" plans
    check "and nothing was made" test ! -e "$work/nowhere"
fi

# --- trace
if [ "$runtime_name" != veloci ]; then skip "trace" "only veloci has it"; else
    # performed TRACE ACTOR, planned PLAN ACTOR: the steps in their order; the first of the host is no step of a plan
    performed() { jq -r --arg actor "$2" '.traceEvents[] | select(.cat == $actor).name' "$work/$1" | if [ "$2" = host ]; then tail -n +2; else cat; fi; }
    planned() { jq -r --arg actor "$2" '.steps[] | select(.actor == $actor).does' "$work/$1"; }
    same_steps() { diff <(planned "$1" host) <(performed "$2" host) && diff <(planned "$1" stage) <(performed "$2" stage) && [ "$(planned "$1" stage | wc -l)" -gt 5 ]; }
    in_order() { jq -e '[.traceEvents[] | select(.ph == "X")] | group_by(.tid) | map([range(1; length) as $next
        | .[$next - 1].ts + .[$next - 1].dur <= .[$next].ts + 0.01 and .[$next].dur >= 0] | all) | length == 2 and all' "$work/$1"; }
    places() { jq -r '.steps[].path // empty' "$work/$1" | sort | diff - <(jq -r '.traceEvents[].args.path // empty' "$work/$2" | sort); }
    traced_run() { afresh '.process.args = ["true"]' && runtime plan --run --bundle "$bundle" --format json box >"$work/plan.run" &&
        runtime --trace "$work/trace.run" run --bundle "$bundle" box && same_steps plan.run trace.run && places plan.run trace.run; }
    check "every step of a run is in its trace, with its place" traced_run
    check "the times of it are in order" in_order trace.run
    shifted() { afresh '.process.args = ["true"] | .linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 100000}}' &&
        runtime plan --run --bundle "$bundle" --format json box >"$work/plan.shifted" && runtime --trace "$work/trace.shifted" run --bundle "$bundle" box &&
        same_steps plan.shifted trace.shifted && in_order trace.shifted &&
        jq -e '[.traceEvents[].ts // empty] | max - min < 60e6' "$work/trace.shifted"; }
    check "also where the container's clock is another" shifted
    traced_start() { afresh && runtime plan --bundle "$bundle" --format json box >"$work/plan.create" && runtime --trace "$work/trace.create" create --bundle "$bundle" box >/dev/null &&
        runtime --trace "$work/trace.start" start box && diff <(planned plan.create stage) <(performed trace.create stage; performed trace.start stage) &&
        diff <(planned plan.create host) <(performed trace.create host) && in_order trace.create && in_order trace.start; }
    check "create and start share the steps of the container's process" traced_start
    traced_exec() { echo '{"user": {"uid": 0, "gid": 0}, "args": ["true"], "env": ["PATH=/bin"], "cwd": "/"}' >"$work/process"
        runtime plan --process "$work/process" --format json box >"$work/plan.exec" && runtime --trace "$work/trace.exec" exec --process "$work/process" box &&
        same_steps plan.exec trace.exec && in_order trace.exec; }
    check "every step of an exec" traced_exec
    table() { runtime --trace - exec --process "$work/process" box 2>"$work/table" && head -1 "$work/table" | grep -qE '^ +START µs +DURATION µs +ACTOR +STEP$' &&
        [ "$(grep -cE '^ +[0-9]+\.[0-9] +[0-9]+\.[0-9]  (host |stage)  .' "$work/table")" = "$(jq '[.traceEvents[] | select(.ph == "X")] | length' "$work/trace.exec")" ]; }
    check "a table of the same" table
    unfinished() { says 'no such file or directory' 1 runtime --trace "$work/trace.failed" run --bundle "$bundle" other; }
    failed() { configure '.process.args = ["/no/such"] | .linux.cgroupsPath += "2"' && unfinished && expect 'find the program /no/such' jq -r '[.traceEvents[] | select(.cat == "stage").name] | last' "$work/trace.failed"; }
    check "the last step of a failure is the one that failed" failed
    check "a file that cannot be written is an error before anything is done" says 'open /no/such/trace: no such file or directory' 1 runtime --trace /no/such/trace run --bundle "$bundle" other
    untraced() { afresh && runtime create --bundle "$bundle" box >/dev/null && runtime --trace - start box 2>&1 | grep -c stage || true; }
    check "a start whose create was not traced has the host's times alone" expect 0 untraced
fi

# --- descriptors
kept() { runtime exec --preserve-fds 2 box sh -c 'cat <&3; cat <&4' 3<<<three 4<<<four | tr '\n' ' '; }
check "descriptors are preserved" expect 'three four ' kept
# CVE-2024-21626: runc before 1.1.12 hands on what it has open itself
missing() { runtime "$@" 3<&-; }
check "one that the caller has not opened is an error, not one of ours" says 'unable to stat preserved-fd 0 (of 1)' 255 missing exec --preserve-fds 1 box true
check "the log is not handed on either" says 'unable to stat preserved-fd 0 (of 1)' 255 missing --log "$work/runtime.log" exec --preserve-fds 1 box true
sparse() { (exec 3<&- 4<&-; runtime exec --preserve-fds 3 box sh -c 'cat <&5; ls /proc/self/fd | tr "\n" " "' 5<<<five); }
check "single ones with holes between, as podman passes them" matches $'^five\n0 1 2 3 5 $' sparse
closed() { (runtime "$@" <&- >&- 2>&-); }
check "exec without standard streams" closed exec box sh -c 'ls -l /proc/self/fd >/streams'
links() { sed -nE 's,.* ([012]) -> (pipe|/dev/null).*,\1,p' "$bundle/rootfs/streams" | tr -d '\n'; }
check "has the null device in their place" matches '0.?2' links
detached_without() { afresh && (runtime create --bundle "$bundle" box <&- >&- 2>&-) && runtime start box && [ "$(status_of)" = running ]; }
check "create without standard streams" detached_without
without_input() { runtime exec box echo through <&-; }
check "exec without standard input" expect through without_input

# --- terminals
# on_terminal COMMAND...: the bytes that a terminal of 30 rows and 90 columns gets
on_terminal() { printf '#!/bin/bash\nstty rows 30 cols 90\n"$@"\n' >"$work/terminal"; chmod +x "$work/terminal"
    script -qec "$work/terminal $(printf '%q ' "$@")" /dev/null | sed 's/\^@//'; }
lines() { on_terminal "$RUNTIME" --root "$root" exec --tty box sh -c 'echo one; echo two' | od -An -c | tr -s ' \n' ' '; }
check "new lines reach the caller's terminal whole" matches 'o n e \\r \\n t w o \\r \\n' lines
size() { on_terminal "$RUNTIME" --root "$root" exec --tty box stty size | tr -d '\r'; }
check "the terminal has its size from the start" expect "30 90" size
redirected() { printf '#!/bin/bash\n"$@" </dev/null\n' >"$work/redirected"; chmod +x "$work/redirected"
    on_terminal "$work/redirected" "$RUNTIME" --root "$root" exec --tty box stty size | tr -d '\r'; }
check "also when standard input is no terminal" expect "30 90" redirected
# a pipe that does not wait for its reader, as programs that started this one may leave it
impatient() { (dd if=/dev/null count=0 oflag=nonblock status=none; exec "$@") | { sleep 0.5; wc -c; }; }
much() { impatient "$RUNTIME" --root "$root" exec --tty box sh -c 'head -c 300000 /dev/zero | tr "\000" x'; }
check "output into a pipe that does not wait" expect 300000 much
in_run() { afresh '.process.terminal = true | .process.args = ["sh", "-c", "stty size; exit 4"]'; on_terminal "$RUNTIME" --root "$root" run --bundle "$bundle" box | tr -d '\r' || echo $?; }
check "run with a terminal" expect $'30 90\n4' in_run

# A terminal that its owner does not read, and then takes away: unread SIGNAL COMMAND... prints the status, or that there is none within ten seconds.
unread() { perl -e '
    use POSIX (); my ($signal, @command) = @ARGV; $SIG{HUP} = "IGNORE";
    open(my $master, "+<", "/dev/ptmx") or die; my $zero = pack("i", 0); ioctl($master, 0x40045431, $zero) or die;
    my $number = pack("I", 0); ioctl($master, 0x80045430, $number) or die; my $name = "/dev/pts/" . unpack("I", $number);
    my $child = fork();
    if (!$child) { $SIG{HUP} = "DEFAULT"; POSIX::setsid(); open(STDIN, "+<", $name); open(STDOUT, ">&STDIN"); close $master; exec @command }
    sleep 2; if ($signal eq "close") { close $master } elsif ($signal) { kill $signal, $child }
    for (1 .. 100) { if (waitpid($child, POSIX::WNOHANG()) == $child) { print "status ", $? >> 8, "\n"; exit } select(undef, undef, undef, 0.1) }
    print "still there\n"; kill "KILL", $child' "$@"; }
if [ "$runtime_name" = runc ]; then skip "terminals that nobody reads" "runc waits for the reader"; else
    check "the container again" box
    for signal in HUP INT TERM; do
        check "$signal reaches a program whose terminal nobody reads, and exec ends" expect "status $((128 + $(kill -l $signal)))" \
            unread $signal "$RUNTIME" --root "$root" exec --tty box yes many words for nobody
    done
    check "what fits is no reason to stay" expect "status 5" unread 0 "$RUNTIME" --root "$root" exec --tty box sh -c 'head -c 3000 /dev/zero | tr "\000" x; exit 5'
    # the shell that runs it is told by its own terminal as well, so it must not be what ends the program
    check "a terminal that hangs up hangs up inside" matches 'status (129|9)' unread close "$RUNTIME" --root "$root" exec --tty box sh -c 'trap "exit 9" HUP; while :; do sleep 0.1; done'
    silent() { unread close sh -c 'trap "" HUP; exec setsid -w "$@"' sh "$RUNTIME" --root "$root" exec --tty box sh -c 'trap "exit 9" HUP; while :; do sleep 0.1; done'; }
    check "also where the runtime hears of it by its descriptors alone" expect "status 9" silent
fi

# --- the caller
deaf() { env --ignore-signal=CHLD "$RUNTIME" --root "$root" "$@"; }
check "the container again" box
check "a caller that ignores the ends of its children gets the status of exec" status 9 deaf exec box sh -c 'exit 9'
deaf_run() { afresh '.process.args = ["sh", "-c", "exit 8"]' && deaf run --bundle "$bundle" box; }
check "and of run" status 8 deaf_run
if [ "$runtime_name" != veloci ]; then skip "the end of the caller" "runc copies what the program writes, so that its pipes close; crun leaves them open"; else
    orphaned() { afresh '.process.args = ["sh", "-c", "echo up; sleep 1000"]'
        { "$RUNTIME" --root "$root" run --bundle "$bundle" box & echo $! >"$work/caller"; wait; } 2>/dev/null | { head -n 1 >/dev/null; kill -KILL "$(cat "$work/caller")"; timeout 5 cat; } && eventually expect stopped status_of; }
    check "a foreground run that is killed ends its container, and nobody holds its pipes" orphaned
    check "the container again" box
    orphan_of_exec() { { "$RUNTIME" --root "$root" exec box sh -c "echo up; exec sleep 2003" & echo $! >"$work/caller"; wait; } 2>/dev/null |
        { head -n 1 >/dev/null; kill -KILL "$(cat "$work/caller")"; timeout 5 cat; } && ! runtime ps box | grep -q 'sleep 2003' && [ "$(status_of)" = running ]; }
    check "so does exec with its program, and the container goes on" orphan_of_exec
    user_exec() { { "$RUNTIME" --root "$root" exec --user 1000:1000 box sh -c "echo up; exec sleep 2004" & echo $! >"$work/caller"; wait; } 2>/dev/null |
        { head -n 1 >/dev/null; kill -KILL "$(cat "$work/caller")"; timeout 5 cat; } && ! runtime ps box | grep -q 'sleep 2004'; }
    check "also where the program has another user" user_exec
fi

# --- groups of the caller
groups() { afresh "$1 | .process.args = [\"id\", \"-G\"]" && setpriv --groups 5,6 "$RUNTIME" --root "$root" run --bundle "$bundle" box; }
check "other groups of the caller are not the program's" expect 0 groups .
if [ "$runtime_name" = runc ]; then skip "unless an annotation asks for it" "runc does not know it"; else
    keeping='.annotations["run.oci.keep_original_groups"] = "1"'
    check "unless an annotation asks for it" expect '0 5 6' groups "$keeping"
    check "also with a user namespace" expect '0 5 6' groups "$keeping | .linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings"
    check "the container with it" box "$keeping"
    check "and for exec" expect '0 5 6' setpriv --groups 5,6 "$RUNTIME" --root "$root" exec box id -G
fi

# --- debug
if [ "$runtime_name" != veloci ]; then skip "debug" "the steps are veloci's own"; else
    debug() { afresh '.process.args = ["true"]' && runtime --debug run --bundle "$bundle" box 2>&1 >/dev/null | sed -n 's/.*level=debug msg="\([a-z]*\): .*/\1/p' | uniq -c | tr -s ' \n' ' '; }
    check "--debug tells what happens: steps of the host, and those of the container" matches ' [0-9]+ host [0-9]+ container ' debug
    quiet() { runtime --log "$work/debug.log" --log-format json --debug run --bundle "$bundle" box 2>&1; }
    check "into the log if there is one" expect '' quiet
    check "in its format" bash -c "jq -es 'map(select(.level == \"debug\")) | length > 10' '$work/debug.log'"
    debug_start() { afresh && runtime create --bundle "$bundle" box >/dev/null && runtime --debug start box 2>&1 | grep -c 'level=debug msg="container: '; }
    check "start tells the container's steps" matches '^[1-9]' debug_start
    check "--debug exec" bash -c "'$RUNTIME' --root '$root' --debug exec box true 2>&1 | grep -q 'level=debug msg=.container: [0-9]* execute true'"
fi

# --- many containers
if [ "$runtime_name" = runc ]; then skip "regular expressions" "crun has them"; else
    several_boxes() { afresh; for name in one.1 one.2 two.1; do configure ".linux.cgroupsPath = \"/$parent/$name\""; runtime run --detach --bundle "$bundle" $name || return; done; }
    check "three containers" several_boxes
    check "kill --regex" runtime kill --regex '^one[.][0-9]$' KILL
    states() { runtime list --format json | jq -r 'map(.id + " " + .status) | sort | join(",")'; }
    check "reaches those that match" eventually expect 'one.1 stopped,one.2 stopped,two.1 running' states
    # crun goes on without a word
    [ "$runtime_name" = crun ] || check "one that refuses is told, and the others go" says 'two.1: cannot delete container two.1 that is not stopped: running' 1 runtime delete --regex '[.][0-9]'
    check "delete --regex --force" runtime delete --force --regex .
    check "none is left" expect '' runtime list --quiet
fi

# --- what a message says
if [ "$runtime_name" != veloci ]; then skip "messages" "these are veloci's"; else
    script() { afresh '.process.args = ["/run.sh"]'; printf '#!/no/such/shell -e\n' >"$bundle/rootfs/run.sh"; chmod +x "$bundle/rootfs/run.sh"; says 'exec /run.sh: no such file or directory: its interpreter /no/such/shell is missing' 1 runtime run --bundle "$bundle" box; }
    check "the interpreter of a script that is missing" script
    loader() { afresh '.process.args = ["/bin/dynamic"]'; cp -L /bin/bash "$bundle/rootfs/bin/dynamic"; says 'exec /bin/dynamic: no such file or directory: its interpreter /lib' 1 runtime run --bundle "$bundle" box; }
    check "the loader of a program" loader
    garbage() { afresh '.process.args = ["/run.bin"]'; echo garbage >"$bundle/rootfs/run.bin"; chmod +x "$bundle/rootfs/run.bin"; runtime run --bundle "$bundle" box 2>&1 || true; }
    check "the words of a program that cannot be executed stand alone" expect 'exec /run.bin: exec format error (process.args)' garbage
    check "the container again" box
    check "in exec as well" says ': its interpreter /no/such/shell is missing' 255 runtime exec box /run.sh
    in_start() { afresh '.process.args = ["/run.sh"]'; runtime create --bundle "$bundle" box >/dev/null && says ': its interpreter /no/such/shell is missing' 1 runtime start box; }
    check "and in start" in_start
    small() { afresh '.linux.resources.memory = {limit: 65536}'; says 'linux.resources.memory.limit: the container'"'"'s process was killed before its program ran: the control group has no memory left, its limit is 65536 bytes' 1 runtime run --bundle "$bundle" box; }
    if [ -d /sys/fs/cgroup/memory ] || grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then check "a limit of memory that is too small" small; else skip "a limit of memory that is too small" "no memory controller here"; fi
    check "no such container: which, and where" says "container does not exist: there is no $root/nobody" 1 runtime state nobody
    cp "$RUNTIME" "$work/for-all"; chmod 755 "$work/for-all"
    check "a user among root's containers" says 'use sudo' 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$work/for-all" --root "$root" state box
    check "a list of them" says 'use sudo' 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$work/for-all" --root "$root" list
    check "an unknown command" says 'did you mean state?' 3 runtime stat box
    input() { runtime check --document-only - <"$work/plain.json"; }
    check "check of standard input" expect '' input
    both() { echo '{}' >"$work/bad.json"; says "$work/bad.json: " 1 runtime check --document-only "$work/plain.json" "$work/bad.json"; }
    check "check of files" both
    empty() { afresh '.process.args = [""]'; says 'executable file not found in $PATH' 1 runtime run --bundle "$bundle" box; }
    check "an empty program is one that is not found" empty
    numbered() { afresh '.hooks = {createRuntime: [{path: "/bin/true"}, {path: "/bin/false"}]}'; says 'error running createRuntime hook #1: /bin/false: exit status 1' 1 runtime run --bundle "$bundle" box; }
    directory() { afresh '.process.args = ["/etc"]'; says 'exec: \"/etc\": is a directory: permission denied' 1 runtime run --bundle "$bundle" box; }
    check "a directory is no program, in the words of runc 1.1 as well" directory
    check "which hook failed" numbered
    killed() { afresh ".hooks = {$1: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"kill -SYS \$\$\"]}]}"; says 'ended by signal 31: bad system call' 1 runtime run --bundle "$bundle" box; }
    check "and what a signal meant" killed createRuntime
    check "also inside" killed startContainer
    renamed() { ln -sf "$RUNTIME" "$work/runc" && "$work/runc" --help | sed -n 2p; }
    check "its description under the name of another" expect '   runc - Open Container Initiative runtime' renamed
fi

# --- pause before start
paused() { afresh && runtime create --bundle "$bundle" box >/dev/null && runtime pause box && status_of; }
check "a created container can be paused" expect paused paused
check "it cannot be started" says 'cannot start a container in the paused state' 1 runtime start box
check "it is created when it goes on" bash -c "$(declare -f runtime status_of); RUNTIME='$RUNTIME' root='$root'; runtime resume box && [ \"\$(status_of)\" = created ]"
check "and starts then" runtime start box

# --- without a pid namespace
shared='.linux.namespaces |= map(select(.type != "pid")) | .process.args = ["sh", "-c", "sleep 1001 & sleep 1002 & sleep 1003; :"]'
sleepers() { runtime ps box | grep -c 'sleep 100' || true; }
several() { box "$shared" && eventually expect 4 sleepers; }
check "several processes in the host's pid namespace" several
check "KILL ends the first" runtime kill box KILL
check "and the others" eventually expect 0 sleepers
check "the container is stopped" expect stopped status_of
orphans() { box '.linux.namespaces |= map(select(.type != "pid")) | .process.args = ["sh", "-c", "sleep 1001 & sleep 1002 & exit"]' && eventually expect stopped status_of && expect 2 sleepers; }
check "processes that outlive the first" orphans
check "kill --all reaches them" runtime kill --all box KILL
check "none is left" eventually expect 0 sleepers

# --- the calls that apple/containerization makes of a runtime, in its order of flags
wrapped() { "$RUNTIME" --root "$root" --debug --log "$work/wrapper.log" --log-format json "$@"; }
wrapper_created() { afresh '.process.args = ["sh", "-c", "sleep 1000"]' && wrapped create --pid-file "$work/pid" --no-pivot --no-new-keyring --bundle "$bundle" box >/dev/null && grep -qx '[0-9]*' "$work/pid"; }
check "a wrapper creates" wrapper_created
check "starts" wrapped start box
wrapper_stated() { wrapped state box 2>/dev/null | jq -r '"\(.status) \(.id | type) \(.pid | type) \(.ociVersion | type)"'; }
check "reads the state" expect 'running string number string' wrapper_stated
wrapper_executed() { echo '{"user": {"uid": 0, "gid": 0}, "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/"}' >"$work/process"
    wrapped exec --pid-file "$work/pid" --detach --process "$work/process" box "$(cat "$work/process")" >/dev/null 2>&1 && grep -qx '[0-9]*' "$work/pid" && kill -KILL "$(cat "$work/pid")"; }
check "executes, with the process both in a file and behind the id" wrapper_executed
wrapper_listed() { wrapped list --format json 2>/dev/null | jq -r '.[] | "\(.id) \(.pid | type) \(.status) \(.bundle | type) \(.rootfs | type) \(.created | type)"'; }
check "lists" expect 'box number running string string string' wrapper_listed
wrapper_counted() { wrapped ps --format json box 2>/dev/null | jq -r 'map(type) | unique | join(" ")'; }
check "lists processes" expect number wrapper_counted
wrapper_updated() { echo '{"pids": {"limit": 99}}' >"$work/resources"; wrapped update --resources "$work/resources" box; }
check "updates" wrapper_updated
check "pauses" wrapped pause box
check "resumes" wrapped resume box
check "signals" wrapped kill --all box 9
check "deletes" wrapped delete --force box
check "and nothing is left" gone

# --- hooks
hook() { echo ".hooks = {$1: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"$2\"]}]}"; }
for kind in prestart createRuntime createContainer startContainer poststart; do
    failing() { afresh "$(hook "$1" 'echo first; echo reason >&2; exit 3')"; runtime run --detach --bundle "$bundle" box; }
    check "the words of a $kind hook that fails are in the error" says 'first; reason' 1 failing $kind
    check "and nothing is left" gone
    talking() { afresh "$(hook "$1" 'echo words; echo words >&2') | .process.args = [\"echo\", \"program\"]"; runtime run --bundle "$bundle" box 2>&1; }
    check "those of one that succeeds are not the program's" expect program talking $kind
done
for kind in createRuntime createContainer startContainer poststart; do
    mark=$work/began-$kind; [ $kind != startContainer ] || mark=/began
    hanging() { afresh "$(hook "$1" "touch $mark; sleep 50")"; runtime run --detach --bundle "$bundle" box & eventually waiting; }
    waiting() { [ -e "$mark" ] || [ -e "$bundle/rootfs$mark" ]; }
    check "run waits for a $kind hook" hanging $kind
    check "delete --force does not" timeout 20 "$RUNTIME" --root "$root" delete --force box
    check "and nothing is left" gone
done
calling() { afresh "$(hook poststart "'$RUNTIME' --root '$root' pause box")"; runtime create --bundle "$bundle" box >/dev/null && timeout 20 "$RUNTIME" --root "$root" start box && status_of; }
check "a poststart hook may call the runtime" expect paused calling
check "the end" bash -c "$(declare -f runtime); RUNTIME='$RUNTIME' root='$root'; runtime resume box; runtime delete --force box"
