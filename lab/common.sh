# shellcheck shell=bash disable=SC2034
# Shared by the scripts of the lab: cache, progress, errors, Debian packages. Sourced, never run.
# Nothing is installed on this machine and no package server is named here: the lab asks apt which Debian mirror
# this machine uses, keeps its own package index for the suites it needs, and unpacks packages in its cache.
set -euo pipefail
lab_home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab_suite=${LAB_SUITE:-trixie}
# of the machine that is made, not of this one: amd64 or arm64
lab_architecture=${LAB_ARCHITECTURE:-amd64}
lab_cache=${LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/veloci-lab}
# 125 is the lab's own failure, 123 that the mirror does not answer and the cache lacks something; every other status is the command's.
lab_failure=125 lab_unreachable=123

# one clock for the script that was called and those that it calls
export LAB_STARTED=${LAB_STARTED:-$EPOCHSECONDS}
say() { printf 'lab: [%3d s] %s\n' $((EPOCHSECONDS - LAB_STARTED)) "$*" >&2; }
die() { printf 'lab: error: %s\n' "$1" >&2; shift; for line in "$@"; do printf 'lab:   hint: %s\n' "$line" >&2; done; exit $lab_failure; }

# need COMMAND:PACKAGE ... names all missing prerequisites at once, with the one command that installs them
need() {
    local pair packages=()
    for pair in "$@"; do PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || packages+=("${pair#*:}"); done
    [ ${#packages[@]} = 0 ] || die "not installed here: ${packages[*]}" "sudo apt-get install --no-install-recommends ${packages[*]}"
}
PATH=$PATH:/usr/sbin:/sbin
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "the lab needs a Debian machine of architecture amd64"
case $lab_architecture in amd64|arm64) ;; *) die "the lab makes machines of the architectures amd64 and arm64, not $lab_architecture";; esac
mkdir -p "$lab_cache"

# the Debian mirror that this machine already uses; asked for when something is missing, so it must answer
lab_mirror() {
    local uri=${LAB_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2>/dev/null | sort -u | head -1)}
    [ -n "$uri" ] || die "apt knows no Debian mirror on this machine" \
        "sudo apt-get update, or set LAB_MIRROR to the mirror's address as it stands in sources.list"
    mirror_answers "$uri" || lab_failure=$lab_unreachable die "the mirror $uri does not answer, and the cache lacks something" \
        "what the cache has works without; LAB_MIRROR names another mirror"
    printf '%s\n' "$uri"
}
# an answer is enough: that it lacks something is another failure
mirror_answers() {
    local end=0 said
    said=$(LC_ALL=C timeout 60 /usr/lib/apt/apt-helper -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
        download-file "${1%/}/dists/$lab_suite/InRelease" /dev/null 2>&1) || end=$?
    [ $end != 124 ] && ! grep -qE 'resolving|Could not connect|unreachable|timed out|No route' <<<"$said"
}

lab_keyring() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e $keyring ] || die "not installed here: debian-archive-keyring" "sudo apt-get install debian-archive-keyring"
    printf '%s\n' $keyring
}

# lab_apt SUITE COMMAND ARGUMENT...: apt with a private index of one suite; the machine's own apt state is not touched
lab_apt() {
    local suite=$1 command=$2 state; shift 2
    state=$lab_cache/apt/$(lab_index_name "$suite")
    [ -e "$state/ready" ] || (lab_lock "apt-$(basename "$state")" 400; [ -e "$state/ready" ] || lab_index "$suite" "$state") || exit
    lab_apt_with "$state" "$command" "$@"
}
lab_index_name() { if [ "$lab_architecture" = amd64 ]; then echo "$1"; else echo "$1-$lab_architecture"; fi; }
lab_index() {
    local suite=$1 state=$2 mirror keyring end=0; mirror=$(lab_mirror) && keyring=$(lab_keyring) || exit
    say "package index of $(lab_index_name "$suite")"
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    echo "deb [signed-by=$keyring] $mirror $suite main" >"$state/sources.list"
    : >"$state/status"
    # quiet unless it fails: hooks of the machine's apt complain when not run by root
    lab_apt_with "$state" apt-get -q -q update >"$state/log" 2>&1 || end=$?
    # without an index apt warns, and ends well
    if [ $end != 0 ] || ! ls "$state"/lists/*Packages* >/dev/null 2>&1; then
        cat "$state/log" >&2; die "cannot read the package index of $suite from the mirror $mirror$(lab_why $end)" \
            "LAB_MIRROR names another mirror"
    fi
    touch "$state/ready"
}
# what a status means: every download has this limit, so that a slow mirror is told from a missing one
lab_patience=300
lab_why() { [ "$1" != 124 ] || printf ': it did not finish within %d s' $lab_patience; }
lab_apt_with() {
    local state=$1 command=$2; shift 2
    timeout $lab_patience "$command" -o APT::Architecture="$lab_architecture" -o APT::Architectures="$lab_architecture" -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=0 -o Acquire::Languages=none \
        -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
        -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" "$@"
}

# lab_unpack SUITE DIRECTORY PACKAGE...: download packages and unpack them, without installing
lab_unpack() {
    local suite=$1 directory=$2 scratch deb end=0; shift 2
    scratch=$(mktemp -d "$lab_cache/download.XXXXXX")
    # an index as old as the cache may name versions that the mirror no longer has: renew it once
    (cd "$scratch" && { lab_apt "$suite" apt-get -q -q download "$@" >&2 || { [ $? != 124 ] || exit 124; rm -f "$lab_cache/apt/$(lab_index_name "$suite")/ready"
        lab_apt "$suite" apt-get -q -q download "$@" >&2; }; }) || end=$?
    [ $end != $lab_unreachable ] || { rm -rf "$scratch"; exit $end; }
    [ $end = 0 ] || { rm -rf "$scratch"; die "cannot download from $suite: $*$(lab_why $end)" "the mirror is $(lab_mirror)"; }
    mkdir -p "$directory"
    for deb in "$scratch"/*.deb; do dpkg-deb -x "$deb" "$directory"; done
    rm -rf "$scratch"
}

# lab_lock NAME SECONDS: one holder at a time per cache; released when this process ends
lab_lock() {
    local descriptor
    exec {descriptor}>"$lab_cache/$1.lock"
    flock -n "$descriptor" || { say "waiting for another user of the lab ($1)"
        flock -w "$2" "$descriptor" || die "another process kept $lab_cache/$1.lock for $2 s"; }
}

# lab_mmdebstrap: path of mmdebstrap, the machine's own or one unpacked in the cache (its helpers stand beside it)
lab_mmdebstrap() {
    local program; program=$(command -v mmdebstrap || true)
    if [ -z "$program" ]; then
        program=$lab_cache/mmdebstrap/usr/bin/mmdebstrap
        [ -x "$program" ] || { say "mmdebstrap: downloading"; lab_unpack "$lab_suite" "$lab_cache/mmdebstrap" mmdebstrap; }
    fi
    printf '%s\n' "$program"
}
# small and quick: no documentation, nothing recommended, no flush after each file
lab_mmdebstrap_options=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='force-unsafe-io'
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"')
