#!/bin/bash
# rootless.sh: the same operations as root and as a user without any privilege, to whom this machine lends ids (newuidmap, newgidmap), and
# by runc as that user. A line of the table: what it is, and what each said; "=" is what root said. An operation passes if the user gets
# what root gets, or if runc does not manage it for that user either; what runc alone does is in docs/rootless.md. RUNTIME=runc tests the tests (under unshare -n).
[ -n "${ROOTLESS_TABLE:-}" ] || exec unshare --mount --propagation private env ROOTLESS_TABLE=1 "$0" "$@"
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq setpriv:util-linux newuidmap:uidmap script:bsdutils
[ -n "$CONTROL" ] || { echo "Bail out! no runtime to compare with: sudo apt-get install --no-install-recommends runc"; exit 125; }
home=$work/user; mkdir -p "$home/run" "$home/bundle"
busybox_tree "$home/bundle/rootfs"; busybox_tree "$work/bundle/rootfs"
cp "$RUNTIME" "$work/$runtime_name"; cp "$CONTROL" "$work/control"; chmod 755 "$work/$runtime_name" "$work/control"; RUNTIME=$work/$runtime_name
for tree in "$home/bundle/rootfs" "$work/bundle/rootfs"; do
    mkdir -p "$tree/kinds/below"; echo text >"$tree/kinds/file"; echo more >"$tree/kinds/below/$(printf 'n%.0s' {1..250})"
    ln -s file "$tree/kinds/link"; mkfifo "$tree/kinds/pipe"
done
chown -R 12345:12345 "$home"; chmod 4750 "$home/bundle/rootfs/kinds/file" "$work/bundle/rootfs/kinds/file"; chmod 1500 {"$home","$work"}/bundle/rootfs/kinds/below
{ cat /etc/passwd; echo "lodger:x:12345:12345::$home:/bin/sh"; } >"$work/passwd"
{ cat /etc/group; echo "lodger:x:12345:"; } >"$work/group"; echo "lodger:100000:65536" >"$work/ids"
for pair in passwd:passwd group:group ids:subuid ids:subgid; do touch "/etc/${pair#*:}"; mount --bind "$work/${pair%:*}" "/etc/${pair#*:}"; done
umask 022

# use root|user|control: who does what follows, with which runtime
use() {
    who=$1
    case $1 in
        root) bundle=$work/bundle; as=(); program=$RUNTIME; state=$work/state; box=rootless$$ ;;
        user) bundle=$home/bundle; as=(setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$home" XDG_RUNTIME_DIR="$home/run"); program=$RUNTIME; state=$home/state; box=lodger$$ ;;
        control) bundle=$home/bundle; as=(setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$home" XDG_RUNTIME_DIR="$home/run"); program=$work/control; state=$home/control; box=control$$ ;;
    esac
}
runtime() { "${as[@]}" "$program" --root "$state" "$@"; }
# The user's configuration is what "spec --rootless" writes, with the ids that the user has beside the own one.
plain() {
    rm -f "$bundle/config.json"
    case $who in
        root) (cd "$bundle" && "$program" spec) && jq --arg group "/$parent/$box" '.linux.cgroupsPath = $group' "$bundle/config.json" ;;
        *) (cd "$bundle" && "${as[@]}" "$program" spec --rootless) && jq '.linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}, {containerID: 1, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' "$bundle/config.json" ;;
    esac | jq '.process.terminal = false | .root.readonly = false | del(.process.capabilities.ambient)' >"$work/plain.$who.json"
}
# configure FILTER COMMAND...
configure() { local filter=$1; shift; jq "$filter" "$work/plain.$who.json" | jq '.process.args = $ARGS.positional' --args -- "$@" >"$work/new.json" && cat "$work/new.json" >"$bundle/config.json"; }
gone() { runtime delete --force $box >/dev/null 2>&1 || true; }
run() { gone; configure "$@" && runtime run --bundle "$bundle" $box; }
background() { gone; configure "${1:-.}" sleep 1000 && runtime run --detach --bundle "$bundle" $box >/dev/null 2>&1 </dev/null; }
status_of() { runtime state $box | jq -r .status; }

a_run() { run . echo hello; }
an_exit_status() { run . sh -c 'exit 7' || echo $?; }
root_inside() { run . sh -c 'echo $(id -u) $(id -g)'; }
another_user() { run '.process.user = {uid: 1000, gid: 1000}' sh -c 'echo $(id -u) $(id -g) $(id -un)'; }
additional_groups() { run '.process.user.additionalGids = [5, 6]' id -G; }
an_owner() { run . sh -c 'touch /tmp/file; chown 7:8 /tmp/file; stat -c "%u %g" /tmp/file; rm /tmp/file'; }
devices() { run . sh -c 'for node in null zero full random urandom tty; do [ -c /dev/$node ] || echo $node; done; echo words >/dev/null; head -c 3 /dev/zero | od -An -c'; }
terminals() { run . sh -c 'mount -t devpts | wc -l; ls -l /dev/ptmx | cut -c1'; }
a_terminal() { gone; configure '.process.terminal = true' tty
    printf '%q ' "${as[@]}" "$program" --root "$state" run --bundle "$bundle" $box >"$work/command"; script -qec "$(cat "$work/command")" /dev/null </dev/null | tr -d '\r'; }
a_tmpfs() { run '.mounts += [{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["size=1m", "noexec"]}]' sh -c 'touch /scratch/file && grep -o "/scratch tmpfs" /proc/mounts'; }
a_copy() { run '.mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]' sh -c 'touch /etc/new && grep -c . /etc/passwd'; }
a_copy_of_all_kinds() { run '.mounts += [{destination: "/kinds", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro"]}]' \
    sh -c 'cd /kinds && stat -c "%A %u %g" . * below/* && cat file below/* && readlink link && (touch new 2>/dev/null || echo read-only)'; }
a_bind() { run '.mounts += [{destination: "/data", type: "bind", source: "/etc", options: ["rbind", "ro"]}]' sh -c 'ls /data/passwd; touch /data/x 2>/dev/null || echo read-only'; }
its_flags() { run '.mounts += [{destination: "/data", type: "bind", source: "/proc/sys", options: ["rbind", "ro", "nosuid", "nodev", "noexec"]}]' sh -c 'ls /data | head -1'; }
a_read_only_root() { run '.root.readonly = true' sh -c 'touch /file 2>/dev/null || echo read-only'; }
hidden_paths() { run '.linux.maskedPaths = ["/etc/passwd", "/usr"] | .linux.readonlyPaths = ["/etc/group"]' sh -c 'cat /etc/passwd; ls /usr; echo x 2>/dev/null >>/etc/group || echo hidden'; }
processes() { run . sh -c 'echo $$ $PPID'; }
a_host_name() { run '.hostname = "lodge"' hostname; }
a_kernel_parameter() { run '.linux.sysctl = {"kernel.domainname": "example"}' cat /proc/sys/kernel/domainname; }
a_limit() { run '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}]' sh -c 'ulimit -n'; }
capabilities() { run '.process.capabilities |= map_values(["CAP_KILL"])' sh -c 'grep -E "Cap(Eff|Bnd)" /proc/self/status | tr -d "\t"'; }
no_new_privileges() { run '.process.noNewPrivileges = true' sh -c 'grep -o "NoNewPrivs.*" /proc/self/status'; }
a_filter() { run '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}' sh -c 'mkdir /tmp/new 2>&1 | sed "s/.*: //"'; }
an_out_of_memory_score() { run '.process.oomScoreAdj = 500' cat /proc/self/oom_score_adj; }
a_mask() { run '.process.user.umask = 23' sh -c umask; }
a_directory() { run '.process.cwd = "/made/here"' pwd; }
hooks() { run ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo runtime >>$home/run/hooks\"]}], poststop: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo stop >>$home/run/hooks\"]}]}" true
    gone; tr '\n' ' ' <"$home/run/hooks"; rm -f "$home/run/hooks"; }
a_life() { gone; configure . sleep 1000; runtime create --bundle "$bundle" --pid-file "$home/run/pid" $box >/dev/null 2>&1 </dev/null; status_of; kill -0 "$(cat "$home/run/pid")" && runtime start $box && status_of; runtime kill $box KILL; eventually stopped && status_of; runtime delete $box; runtime list -q | grep -c "$box"; }
stopped() { [ "$(status_of)" = stopped ]; }
an_exec() { background && runtime exec $box sh -c 'echo in $(id -u)'; }
an_exec_as_a_user() { runtime exec --user 5:6 --additional-gids 7 $box id -G; }
an_exec_status() { runtime exec $box sh -c 'exit 9' || echo $?; }
an_exec_with_input() { echo fed | runtime exec $box cat; }
an_exec_in_the_background() { runtime exec --detach --pid-file "$home/run/pid" $box sleep 999 >/dev/null 2>&1 </dev/null; runtime exec $box ps | grep -c '[s]leep 999'; }
an_exec_on_a_terminal() { printf '%q ' "${as[@]}" "$program" --root "$state" exec --tty $box tty >"$work/command"; script -qec "$(cat "$work/command")" /dev/null </dev/null | tr -d '\r'; }
a_signal() { runtime kill $box 0 && echo heard; }
a_list() { runtime list --format json | jq -r --arg box $box '.[] | select(.id == $box).status'; }
a_list_of_processes() { runtime ps $box 2>/dev/null | grep -c '[s]leep 1000'; }
a_pause() { runtime pause $box 2>/dev/null; status_of; runtime resume $box 2>/dev/null || true; }
an_update() { runtime update --pids-limit 100 $box 2>/dev/null && echo updated; }
a_second_of_that_id() { runtime run --bundle "$bundle" $box >/dev/null 2>&1 </dev/null || echo refused; }
a_forced_end() { runtime delete --force $box && runtime list -q | grep -c $box; }

before_clean_up() { for who in root user control; do use $who; gone; done; }
for who in root user control; do use $who; plain; done
check "newuidmap gave the ids" bash -c "[ '$(jq '.linux.uidMappings | length' "$work/plain.user.json")' = 2 ]"

said() { (set +e; eval "$1") 2>&1 </dev/null | tr "\n" " " | sed "s/\^@//g; s/ *\$//; s/time=\"[^\"]*\"//; s#$work##g" || true; }
operation() { # what root's, the user's and runc's user's are, in $table
    local function=$1 text=${1//_/ } roots users controls
    use root; roots=$(said "$function"); use user; users=$(said "$function"); use control; controls=$(said "$function")
    printf '# %-28s %-34s %-34s %s\n' "$text" "$roots" "$([ "$users" = "$roots" ] && echo '=' || echo "$users")" "$([ "$controls" = "$roots" ] && echo '=' || echo "$controls")" >>"$work/table"
    [ "$users" = "$roots" ] || [ "$controls" != "$roots" ] || { printf 'root: %s\nuser: %s\nrunc: %s\n' "$roots" "$users" "$controls"; return 1; }
}
for name in a_run an_exit_status root_inside another_user additional_groups an_owner devices terminals a_terminal a_tmpfs a_copy a_copy_of_all_kinds a_bind its_flags a_read_only_root hidden_paths \
    processes a_host_name a_kernel_parameter a_limit capabilities no_new_privileges a_filter an_out_of_memory_score a_mask a_directory hooks a_life \
    an_exec an_exec_as_a_user an_exec_status an_exec_with_input an_exec_in_the_background an_exec_on_a_terminal a_signal a_list a_second_of_that_id \
    a_list_of_processes a_pause an_update a_forced_end; do
    check "${name//_/ }" operation $name
done
# What docs/rootless.md says that a user does not have.
if [ "$runtime_name" != veloci ]; then skip "what a user is told" "these words are veloci's"; else
    use user
    told() { local words=$1 answer; shift; answer=$("$@" 2>&1 </dev/null) || true; [[ $answer == *"$words"* ]] || { echo "$answer"; return 1; }; }
    for verb in 'ps' 'pause' 'events --stats'; do
        # shellcheck disable=SC2086
        without_a_group() { background; runtime $verb $box; }
        check "$verb says what it needs" told 'control group' without_a_group
    done
fi
printf '# %-28s %-34s %-34s %s\n' "" root user "runc, user"; cut -c1-170 "$work/table" 2>/dev/null
