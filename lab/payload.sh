# shellcheck shell=bash
# What both labs carry into the machine. Sourced by mini.sh and full.sh.

# payload_program TREE LIBRARIES FILE[:NAME]: copies a program to TREE/usr/bin with the shared libraries that ldd shows
payload_program() {
    local tree=$1 libraries=$2 file=${3%%:*} name=${3#*:} library target
    [ "$name" != "$3" ] || name=$(basename "$file")
    [ -x "$file" ] || die "no such program: $file"
    mkdir -p "$tree/usr/bin" "$tree/$libraries"; cp -L "$file" "$tree/usr/bin/$name"
    while read -r library; do
        case $library in /lib64/*) target=$tree$library;; *) target=$tree/$libraries/$(basename "$library");; esac
        [ -e "$target" ] || { mkdir -p "$(dirname "$target")"; cp -L "$library" "$target"; }
    done < <({ ldd "$file" 2>/dev/null || true; } | grep -oE '/[^ ]+' | sort -u)
}

# payload_directory TREE DIRECTORY[:TARGET]: places a directory in the machine, at / or at TARGET
payload_directory() {
    local tree=$1 directory=${2%%:*} target=${2#*:}
    [ "$target" != "$2" ] || target=/
    [ -d "$directory" ] || die "no such directory: $directory"
    mkdir -p "$tree/$target"; cp -a "$directory/." "$tree/$target/"
}

# payload_command TREE ARGUMENT...: the command, quoted for the machine's sh (printf %q would quote for bash)
payload_command() {
    local tree=$1 word; shift
    mkdir -p "$tree/lab"
    for word in "$@"; do printf "'%s' " "${word//\'/\'\\\'\'}"; done >"$tree/lab/command"; echo >>"$tree/lab/command"
}

# payload_tar TREE FILE: outside root every file belongs to root in the machine
payload_tar() {
    local owner=(); [ "$(id -u)" = 0 ] || owner=(--owner=0 --group=0)
    tar cf "$2" --numeric-owner "${owner[@]}" -C "$1" .
    truncate -s %512 "$2"
}

# payload_results ARCHIVE CONSOLE DIRECTORY QEMUSTATUS SECONDS: unpacks what the machine left; ends with the command's status
payload_results() {
    local archive=$1 console=$2 directory=$3 status=$4 limit=$5
    mkdir -p "$directory"; rm -f "$directory/status"; cp "$console" "$directory/console" 2>/dev/null || true
    [ "$status" != 124 ] || { tail -n 20 "$console" >&2; die "the machine did not finish within $limit s and was stopped" \
        "--timeout SECONDS gives it longer"; }
    tar xf "$archive" -C "$directory" --no-same-owner 2>/dev/null || true
    if [ "$status" != 0 ] || [ ! -e "$directory/status" ]; then
        tail -n 30 "$console" >&2
        die "the machine ended without a result (QEMU's status $status); the end of its console is above"
    fi
    say "machine ran $(awk '{ printf "%.0f", $1 }' "$directory/uptime-end") s, command started after $(awk '{ printf "%.0f", $1 }' "$directory/uptime-start") s"
    exit "$(cat "$directory/status")"
}
