#!/bin/bash
# configurations.sh: what a program finds in containers of configurations that engines and people write, where a detail decides
# whether it starts at all. RUNTIME=runc or RUNTIME=crun tests the tests (under unshare -n); what they do otherwise says so.
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq taskset:util-linux script:bsdutils
bundle=$work/bundle; root=$work/state
busybox_tree "$work/tree"
(cd "$work" && runc spec 2>/dev/null || "$RUNTIME" spec) || { echo "Bail out! no config.json"; exit 1; }
jq --arg group "/$parent/box" '.process.terminal = false | .root = {path: "rootfs", readonly: false} | .linux.cgroupsPath = $group' "$work/config.json" >"$work/plain.json"
before_clean_up() { "$RUNTIME" --root "$root" delete --force box; }
# configure FILTER [COMMAND...]: the plain configuration, changed by a filter of jq, and a fresh tree that $prepare has changed
configure() {
    local filter=$1; shift; "$RUNTIME" --root "$root" delete --force box >/dev/null 2>&1 || true
    rm -rf --one-file-system "$bundle"; mkdir -p "$bundle"; cp -a "$work/tree" "$bundle/rootfs"; (cd "$bundle/rootfs" && eval "${prepare:-}")
    jq "$filter" "$work/plain.json" | jq '.process.args = $ARGS.positional' --args -- "$@" >"$bundle/config.json"
}
# container FILTER [COMMAND...]: runs it, by the command in $by if there is one
container() { configure "$@" && ${by:-} "$RUNTIME" --root "$root" run --bundle "$bundle" box; }
background() { configure "$@" && "$RUNTIME" --root "$root" run --detach --bundle "$bundle" box; }
mount() { echo ".mounts += [$1]"; }
at() { echo ".mounts |= map(if .destination == \"$1\" then .options += [$2] else . end)"; }
tmpfs() { printf '{destination: "%s", type: "tmpfs", source: "tmpfs", options: [%s]}' "$1" "$2"; }
bind() { printf '{destination: "%s", type: "bind", source: "%s", options: [%s]}' "$2" "$1" "${3:-\"bind\"}"; }
# the option of a mount that says whether it can be written: ro or rw
access='while read -r _ _ _ _ place options _; do [ "$place" != "$1" ] || echo "${options%%,*}"; done </proc/self/mountinfo'

# --- read-only comes last
check "a read-only /dev has its devices" expect ro container "$(at /dev '"ro"')" sh -c "echo >/dev/null && [ -c /dev/full ] && [ -d /dev/pts ] && $access" sh /dev
check "and refuses others" status 1 container "$(at /dev '"ro"')" touch /dev/file
terminal() { configure "$(at /dev '"ro"') | .process.terminal = true" sh -c "ls -l /dev/console"; script -qec "$RUNTIME --root $root run --bundle $bundle box" /dev/null; }
check "a read-only /dev has its terminal" matches 'crw' terminal
check "a read-only tmpfs has places for other mounts" expect "ro rw" container "$(mount "$(tmpfs /scratch '"ro"'), $(tmpfs /scratch/a/b '"size=1m"')")" \
    sh -c "echo \$(sh -c '$access' sh /scratch; sh -c '$access' sh /scratch/a/b)"
check "and for devices" expect "ro" container "$(mount "$(tmpfs /scratch '"ro", "size=1m"')") | .linux.devices = [{path: \"/scratch/null\", type: \"c\", major: 1, minor: 3}]" sh -c "[ -c /scratch/null ] && $access" sh /scratch
check "one with a copy too" expect "ro root" container "$(mount "$(tmpfs /etc '"tmpcopyup", "ro"'), $(tmpfs /etc/inside '"size=1m"')")" sh -c "echo \$(sh -c '$access' sh /etc) \$(head -c 4 /etc/passwd)"
check "each of two on one place is what it says" expect "ro rw" container "$(mount "$(tmpfs /scratch '"ro"'), $(tmpfs /scratch '"rw"')")" sh -c "echo \$(sh -c '$access' sh /scratch)"
check "a remount is no earlier" expect ro container "$(mount '{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["remount", "ro", "nosuid"]}')" sh -c "[ -c /dev/null ] && $access" sh /dev
check "a remount that allows writing counts" expect rw container "$(mount "$(tmpfs /scratch '"ro"'), {destination: \"/scratch\", type: \"tmpfs\", source: \"tmpfs\", options: [\"remount\", \"rw\"]}")" sh -c "$access" sh /scratch
check "a bind that is read-only stays as it is" status 1 container "$(mount "$(bind "$work/tree/etc" /data '"bind", "ro"'), $(tmpfs /data/missing '"size=1m"')")" true
check "its source too" test ! -e "$work/tree/etc/missing"
check "the working directory is made in a read-only root" expect /made/here container '.root.readonly = true | .process.cwd = "/made/here"' pwd
check "and in a read-only tmpfs" expect "/scratch/here" container "$(mount "$(tmpfs /scratch '"ro"')") | .process.cwd = \"/scratch/here\"" pwd

# --- links of the image that lead to nothing
words() { echo words >"$work/words"; chmod 644 "$work/words"; }; words
resolv='ln -sf ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf'
prepare=$resolv check "a file on a dangling link" expect words container "$(mount "$(bind "$work/words" /etc/resolv.conf)")" cat /etc/resolv.conf
prepare=$resolv check "is at the end of it, below the root" expect words container "$(mount "$(bind "$work/words" /etc/resolv.conf)")" cat /run/systemd/resolve/stub-resolv.conf
prepare='ln -s /no/such etc/link' check "an absolute link" expect words container "$(mount "$(bind "$work/words" /etc/link)")" cat /no/such
prepare='ln -s ../../../../../../../..'$work'/outside etc/link' check "a link out of the root" expect words container "$(mount "$(bind "$work/words" /etc/link)")" cat "$work/outside"
check "leads nowhere on the host" test ! -e "$work/outside"
prepare='ln -s /two one; ln -s three two; ln -s etc/four three' check "a chain of links" expect words container "$(mount "$(bind "$work/words" /one)")" cat /etc/four
prepare='ln -s two one; ln -s one two' check "a ring of links" status 1 container "$(mount "$(bind "$work/words" /one)")" true
prepare='ln -s /var/lib/missing data' check "a dangling link on the way" expect words container "$(mount "$(bind "$work/words" /data/below/file)")" cat /var/lib/missing/below/file
prepare='ln -s missing/../other link' check "a link with a way back" expect words container "$(mount "$(bind "$work/words" /link)")" cat /other
prepare='ln -s /var/missing data' check "a tmpfs on a dangling link" matches ' /var/missing ' container "$(mount "$(tmpfs /data '"size=1m"')")" grep missing /proc/self/mountinfo
prepare='ln -s /var/missing data' check "a directory on a dangling link" expect words container "$(mount "$(bind "$work" /data)")" cat /var/missing/words
prepare='mkdir -p data; ln -s ../var/node data/node' check "a device on a dangling link" expect '1,   3' container '.linux.devices = [{path: "/data/node", type: "c", major: 1, minor: 3}]' sh -c "ls -l /var/node | grep -o '1,   3'"
prepare='ln -s /var/way way' check "a device behind one" expect '1,   3' container '.linux.devices = [{path: "/way/node", type: "c", major: 1, minor: 3}]' sh -c "ls -l /var/way/node | grep -o '1,   3'"
prepare='mkdir data; ln -s /etc/passwd data/node' check "a device on a link to something else" status 1 container '.linux.devices = [{path: "/data/node", type: "c", major: 1, minor: 3}]' true
prepare='ln -s /var/missing home' check "a working directory on a dangling link" expect /var/missing/me container '.process.cwd = "/home/me"' pwd
prepare='ln -s /proc/self/exe one' check "a link of proc is none of the image's" status 1 container "$(mount "$(bind "$work/words" /one/two)")" true

# --- processors
processors() { sed -n 's/^Cpus_allowed_list:\t//p' "${1:-/proc/self/status}"; }
inside='/Cpus_allowed_list/ { print $2 }'
if [ "$(nproc --all)" -lt 2 ]; then skip "processors" "one processor alone"; else
    all=$(taskset -c "0-$(($(nproc --all) - 1))" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
    by='taskset -c 0'
    check "a runtime that is bound to one gives all" expect "$all" container . awk "$inside" /proc/self/status
    cpuset() { awk '$2 == "cgroup" || $3 == "cgroup"' /proc/mounts | grep -q cpuset || grep -q cpuset /sys/fs/cgroup/cgroup.controllers 2>/dev/null; }
    if cpuset; then check "but those of the container's cpuset alone" expect 1 container '.linux.resources.cpu.cpus = "1"' awk "$inside" /proc/self/status
    else skip "but those of the container's cpuset alone" "no cpuset here"; fi
    necessary "a container for exec" background . sleep 1000
    in_exec() { taskset -c 0 "$RUNTIME" --root "$root" exec "$@"; }
    check "exec gives all as well" expect "$all" in_exec box awk "$inside" /proc/self/status
    named() { jq --argjson named "$1" '.process | .args = ["awk", $program, "/proc/self/status"] | .execCPUAffinity = $named' --arg program "$inside" "$bundle/config.json" >"$work/process"; in_exec --process "$work/process" box; }
    check "or those that are named" expect 1 named '{"final": "1"}'
    check "or those that it begins with" expect 1 named '{"initial": "1"}'
    by=
fi

# --- what a program of exec leaves open
open='.process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]} | .process.user.umask = 23 | .process.oomScoreAdj = 321'
necessary "a container with one capability" background "$open" sleep 1000
program() { jq -n '{cwd: "/", env: ["PATH=/bin"], args: ["sh", "-c", $words]} + $more' --arg words "$1" --argjson more "${2:-{\}}" >"$work/process"; "$RUNTIME" --root "$root" exec --process "$work/process" box; }
powers="sed -n 's/^Cap\(Prm\|Eff\|Bnd\):.*\(.\{6\}\)\$/\2/p' /proc/self/status | tr '\n' ' '"
check "exec has no more of them" expect "000020 000020 000020 " program "$powers"
check "but others if it asks for them" expect "000001 000001 000001 " program "$powers" '{"capabilities": {"bounding": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"]}}'
check "or none" expect "000000 000000 000000 " program "$powers" '{"capabilities": {}}'
check "nor has another user" expect "000000 000000 000020 " program "$powers" '{"user": {"uid": 5, "gid": 5}}'
check "exec has the container's mask" expect 0027 program umask
check "or its own" expect 0002 program umask '{"user": {"uid": 0, "gid": 0, "umask": 2}}'
check "exec has the container's out-of-memory score" expect 321 program 'cat /proc/self/oom_score_adj'
check "or its own" expect 400 program 'cat /proc/self/oom_score_adj' '{"oomScoreAdj": 400}'

# --- warnings are not the program's
ambient='.process.capabilities.ambient = ["CAP_NET_RAW"] | .process.capabilities.inheritable = []'
quiet() { container "$ambient" echo program 2>&1; }
check "a warning is not in the program's output" expect program quiet
logged() { rm -f "$work/warned"; local own=$RUNTIME; RUNTIME=$work/logging; container "$ambient" true; cat "$work/warned"; }
printf '#!/bin/sh\nexec %s --log %s "$@"\n' "$RUNTIME" "$work/warned" >"$work/logging"; chmod 755 "$work/logging"
[ "$runtime_name" != veloci ] || check "but in the log" matches 'level=warning.*ambient capabilities' logged
