#!/bin/bash
# shellcheck disable=SC2016,SC2015,SC2046,SC2086,SC2094,SC2206,SC2317
# migration.sh [RUNTIME]...: containers move from one machine to another, two network namespaces on a bridge, while others talk to them: a
# counter, nginx under load, PostgreSQL with an open connection. Both reach the same files. As root, with criu. Prints a table: the first runtime (default: the built one) and
# those after it take turns. Fails when something that was acknowledged is lost.
#   WHAT  counter nginx postgres (default: all)     WAYS  plain pre-dump lazy (default: those that this kernel can)
#   TREE  a tar archive of a Debian root with nginx-light, postgresql and python3-minimal (default: lab/debian-tree.sh makes one)
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
[ "$(id -u)" = 0 ] || { echo "skipped: moving containers needs root"; exit 0; }
for program in criu jq ip python3; do command -v $program >/dev/null || { echo "$program is missing" >&2; exit 1; }; done
if [ -z "${INSIDE_MIGRATION:-}" ]; then
    [ $# -gt 0 ] || set -- "$([ -x .build/embedded/release/veloci ] && echo .build/embedded/release/veloci || echo .build/debug/veloci)"
    runtimes=(); for runtime; do runtimes+=("$(realpath "$(command -v "$runtime")")") || exit; done
    TREE=${TREE:-$(lab/debian-tree.sh nginx-light postgresql python3-minimal)} || exit
    export TREE INSIDE_MIGRATION=1
    exec unshare --net --mount --pid --ipc --fork --mount-proc --propagation private "$PWD/Tests/migration.sh" "${runtimes[@]}"
fi
mount -t tmpfs none /run && ip link set lo up || exit
work=$(mktemp -d "${TMPDIR:-/tmp}/veloci-migration.XXXXXX"); group=veloci_migration_$$
finish() {
    local number
    for number in 1 2; do for runtime in "${all[@]}"; do "$runtime" --root "$work/state" delete --force box$number >/dev/null 2>&1; done; done
    kill $(jobs -p) 2>/dev/null; find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} + 2>/dev/null
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$work"
}
all=("$@"); trap finish EXIT; trap 'exit 130' INT TERM
address=10.77.0.10 here=10.77.0.1
ip link add wire type bridge forward_delay 0 && ip address add $here/24 dev wire && ip link set wire up || exit
sysctl -qw net.ipv4.neigh.default.delay_first_probe_time=1 2>/dev/null || true
# machine N: the place of a container there: one address, wherever it is
machine() {
    ip netns delete "m$1" 2>/dev/null || true; ip link delete "v$1" 2>/dev/null || true
    ip netns add "m$1" && ip link add "v$1" type veth peer name eth0 netns "m$1" && ip link set "v$1" master wire &&
        ip -n "m$1" link set lo up && ip -n "m$1" link set eth0 address 02:00:00:00:00:10 && ip -n "m$1" address add $address/24 dev eth0 && ip -n "m$1" link set eth0 up
}
# Nobody is at the address, and then machine N. A machine that has the address before the connections are there resets them.
leave_address() { ip link set v1 down; ip link set v2 down; }
take_address() { ip link set "v$1" up; }
mkdir -p "$work/tree" && tar xf "$TREE" -C "$work/tree" --exclude='./dev/*' || exit
cat >"$work/tree/counter.py" <<'P'
import socket
listener = socket.create_server(("", 7000)); count = 0; memory = bytearray(b"x") * (32 << 20)
while True:
    connection, _ = listener.accept()
    while connection.recv(1):
        count += 1; memory[count * 4096 % len(memory)] = count & 255; connection.sendall(b"%d\n" % count)
P
printf 'user root; worker_processes 2; daemon off; pid /nginx.pid; error_log /dev/null; events {} http { access_log off; keepalive_requests 10000000; server { listen 7000; location / { return 200 "here\\n"; } } }\n' >"$work/tree/nginx.conf"
cat >"$work/tree/database.sh" <<'S'
cd /; bin=$(echo /usr/lib/postgresql/*/bin); export PGDATA=/database
[ -e $PGDATA/PG_VERSION ] || { $bin/initdb -A trust --no-sync >/dev/null; echo "host all all 0.0.0.0/0 trust" >>$PGDATA/pg_hba.conf; }
exec $bin/postgres -h '*' -p 7000 -c unix_socket_directories=/tmp -c shared_buffers=16MB -c logging_collector=off -c fsync=on
S
mkdir -p "$work/tree/database"; chroot "$work/tree" chown postgres: /database; chmod 700 "$work/tree/database"; chmod 1777 "$work/tree/tmp"
# who talks to it: one line of JSON at the end, when standard input is closed
cat >"$work/client.py" <<'P'
import json, select, socket, struct, sys, threading, time
what, host = sys.argv[1:]
gaps, acknowledged, problems, ended = [0.0], [0], [], threading.Event()
def connect():
    end = time.time() + 120
    while True:
        try: s = socket.create_connection((host, 7000), 5); s.settimeout(300); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); return s
        except OSError:
            if time.time() > end: raise
            time.sleep(0.1)
def line(s):
    text = b""
    while not text.endswith(b"\n"):
        part = s.recv(1)
        if not part: raise OSError("the connection ended")
        text += part
    return text
def counter():
    s = connect(); last = 0
    def ask():
        nonlocal last
        s.sendall(b"x"); number = int(line(s))
        if number != last + 1: problems.append(f"{number} after {last}")
        last = number
    return ask, lambda: None
def nginx():
    s = connect(); wanted = b"\r\n\r\nhere\n"
    def ask():
        s.sendall(b"GET / HTTP/1.1\r\nHost: box\r\n\r\n"); text = b""
        while not text.endswith(wanted):
            part = s.recv(4096)
            if not part: raise OSError("the connection ended")
            text += part
        if not text.startswith(b"HTTP/1.1 200"): problems.append(text[:20].decode())
    return ask, lambda: None
def postgres():
    def message(s):
        head = b""
        while len(head) < 5:
            part = s.recv(5 - len(head))
            if not part: raise OSError("the connection ended")
            head += part
        size = struct.unpack("!I", head[1:])[0] - 4; body = b""
        while len(body) < size: body += s.recv(size - len(body))
        if head[:1] == b"E": raise OSError(body.replace(b"\0", b" ").decode())
        return head[:1], body
    def ready(s):
        rows = []
        while True:
            kind, body = message(s)
            if kind == b"D": rows.append(body[6:].decode())
            if kind == b"Z": return rows
    def query(text):
        data = text.encode() + b"\0"; s.sendall(b"Q" + struct.pack("!I", len(data) + 4) + data); return ready(s)
    for turn in range(600):
        try:
            s = connect(); data = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
            s.sendall(struct.pack("!I", len(data) + 4) + data); ready(s); break
        except OSError: time.sleep(0.2)
    query("create table acknowledged (number integer)"); own = query("select pg_backend_pid()"); number = 0
    def ask():
        nonlocal number
        number += 1; query(f"insert into acknowledged values ({number})")
    def check():
        there = query("select count(distinct number) from acknowledged")
        if there != [str(number)]: problems.append(f"{there} rows of {number}")
        if query("select pg_backend_pid()") != own: problems.append("another connection")
    return ask, check
def talk(first):
    try:
        ask, check = {"counter": counter, "nginx": nginx, "postgres": postgres}[what]()
        if first: print("ready", flush=True)
        while not ended.is_set():
            start = time.monotonic(); ask(); acknowledged[0] += 1; gaps.append(time.monotonic() - start); time.sleep(0.002)
        check()
    except Exception as error: problems.append(str(error))
threads = [threading.Thread(target=talk, args=(number == 0,)) for number in range(4 if what == "nginx" else 1)]
for thread in threads: thread.start()
sys.stdin.read(); ended.set()
for thread in threads: thread.join()
print(json.dumps({"acknowledged": acknowledged[0], "downtime": round(max(gaps) * 1000), "problems": problems[:3]}), flush=True)
P
# how long the processes stood still while they were dumped, in ms: CRIU's stats-dump
cat >"$work/frozen.py" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()[12:]
def fields(data):
    place = 0
    def number():
        nonlocal place; value = shift = 0
        while True:
            byte = data[place]; place += 1; value |= (byte & 127) << shift; shift += 7
            if byte < 128: return value
    while place < len(data):
        key = number()
        if key & 7 == 0: yield key >> 3, number()
        elif key & 7 == 2: size = number(); yield key >> 3, data[place:place + size]; place += size
        else: return
print(round(dict(fields(dict(fields(data))[1]))[2] / 1000))
P
now() { date +%s%3N; }
configure() { # configure N WHAT
    local program
    case $2 in counter) program='["/usr/bin/python3", "/counter.py"]';; nginx) program='["/usr/sbin/nginx", "-c", "/nginx.conf"]';; postgres) program='["/bin/sh", "/database.sh"]';; esac
    local user=0:0; [ "$2" != postgres ] || user=$(awk -F: '$1 == "postgres" { print $3 ":" $4 }' "$work/tree/etc/passwd")
    jq --argjson program "$program" --arg network "/run/netns/m$1" --arg root "$work/tree" --arg group "/$group/$1" --argjson uid "${user%:*}" --argjson gid "${user#*:}" '
        .process.terminal = false | .process.args = $program | .process.user = {uid: $uid, gid: $gid} | .process.rlimits = [] | .root = {path: $root, readonly: false} | .process.cwd = "/"
        | .linux.cgroupsPath = $group | (.linux.namespaces[] | select(.type == "network").path) = $network' "$work/plain.json" >"$work/$1/config.json"
}
(cd "$work" && "$1" spec && mv config.json plain.json) || exit
failed=0
move() { # move WHAT WAY
    local what=$1 way=$2 name end=0 start restored dumped parent=() lazily=() step hold reader status daemon='' dumping='' frozen said start_of_restore
    name=$(basename "$runtime"); rm -rf --one-file-system "$work"/{1,2,images,client}; mkdir -p "$work"/{1,2,images}
    machine 1 && machine 2 && leave_address && take_address 1 && find "$work/tree/database" -mindepth 1 -delete && configure 1 "$what" && configure 2 "$what" || return
    own() { "$runtime" --root "$work/state" --log "$work/log" "$@" </dev/null >/dev/null 2>&1 || { echo "$name: $what, $way: $1 failed" >&2; tail -n 3 "$work/log" >&2; grep -h Error "$work/images"/*/{dump,restore}.log 2>/dev/null | tail -n 4 >&2; return 1; }; }
    own run --detach --bundle "$work/1" box1 || return
    mkfifo "$work/client"; { python3 "$work/client.py" "$what" $address <"$work/client" >"$work/said" 2>&1 & }
    exec {hold}>"$work/client"
    for step in $(seq 3000); do grep -q ready "$work/said" && break; sleep 0.1; done
    grep -q ready "$work/said" || { echo "$what does not answer" >&2; exec {hold}>&-; own delete --force box1; return 1; }
    sleep 1
    if [ "$way" = pre-dump ]; then
        for step in 1 2; do own checkpoint --pre-dump --tcp-established --manage-cgroups-mode ignore --image-path "$work/images/$step" "${parent[@]}" box1 || end=1; parent=(--parent-path ../$step); sleep 0.5; done
    fi
    start=$(now)
    if [ "$way" = lazy ]; then
        # the server of the first machine has the memory, and the restored program fetches what it touches
        mkfifo "$work/status"; exec {reader}<>"$work/status" {status}>"$work/status"
        "$runtime" --root "$work/state" --log "$work/log" checkpoint --tcp-established --manage-cgroups-mode ignore --image-path "$work/images/last" --lazy-pages --page-server $here:7001 --status-fd $status box1 </dev/null >/dev/null 2>&1 & dumping=$!
        [ "$(timeout 300 head -c 1 "$work/status" | od -An -tu1 | tr -d ' ')" = 0 ] || end=1
        exec {status}>&- {reader}>&-; rm "$work/status"
        criu lazy-pages --page-server --address $here --port 7001 --images-dir "$work/images/last" --log-file lazy.log >/dev/null 2>&1 & daemon=$!
        lazily=(--lazy-pages)
    else
        own checkpoint --tcp-established --manage-cgroups-mode ignore --image-path "$work/images/last" "${parent[@]}" box1 || end=1
    fi
    dumped=$(now)
    [ $end = 0 ] && leave_address && start_of_restore=$(now) && own restore --detach --tcp-established --manage-cgroups-mode ignore --bundle "$work/2" --image-path "$work/images/last" "${lazily[@]}" box2 && take_address 2 || end=1
    restored=$(now); sleep 1.5
    if [ -n "$daemon" ]; then
        [ $end = 0 ] || kill "$dumping" "$daemon" 2>/dev/null
        wait "$dumping" || end=1; wait "$daemon" || end=1
    fi
    exec {hold}>&-; for step in $(seq 3000); do grep -q '^{' "$work/said" && break; sleep 0.1; done
    said=$(grep '^{' "$work/said"); frozen=$(python3 "$work/frozen.py" "$work/images/last/stats-dump" 2>/dev/null || echo "-")
    # CRIU counts all the time in which it serves the memory of what it keeps standing
    [ "$way" != lazy ] || frozen=-
    [ -n "$said" ] && [ "$(jq -c .problems <<<"$said")" = "[]" ] || end=1
    printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$what" "$way" "$name" "$(du -sk "$work/images" | cut -f1)" "$frozen" "$((dumped - start))" "$((restored - ${start_of_restore:-$restored}))" \
        "$(jq -r .downtime <<<"${said:-null}")" "$(jq -r 'if . == null then "nothing" elif .problems == [] then "\(.acknowledged), none lost" else "\(.acknowledged), \(.problems | join("; "))" end' <<<"${said:-null}")"
    own delete --force box2 2>/dev/null; own delete --force box1 2>/dev/null
    [ $end = 0 ] || { failed=1; cat "$work/said" >&2; }
}
has() { criu check --feature "$1" >/dev/null 2>&1; }
if [ -z "${WAYS:-}" ]; then
    WAYS=plain
    has mem_dirty_track && WAYS="$WAYS pre-dump" || echo "no pre-dumps: this kernel does not tell which memory changed"
    has uffd-noncoop && WAYS="$WAYS lazy" || echo "nothing lazily: this kernel has no userfaultfd for it"
fi
printf '| what | way | runtime | images (KiB) | stood still (ms) | checkpoint (ms) | restore (ms) | longest answer (ms) | acknowledged |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n'
for what in ${WHAT:-counter nginx postgres}; do
    # 24: CAP_SYS_RESOURCE
    [ "$what" != postgres ] || [ $((0x$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status) >> 24 & 1)) = 1 ] || { echo "no $what: without CAP_SYS_RESOURCE CRIU cannot look at programs of other users"; continue; }
    for way in $WAYS; do for runtime in "${all[@]}"; do move "$what" "$way" || failed=1; done; done
done
exit $failed
