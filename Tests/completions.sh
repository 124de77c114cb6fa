#!/bin/bash
# completions.sh VELOCI: what bash, zsh and fish offer for veloci's command line, asked in the shells themselves, with containers that exist.
# Needs root, for the containers; a shell that is not installed is skipped, with its name.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
veloci=$(realpath "${1:?usage: completions.sh VELOCI}") completions=$PWD/packaging/completions
[ "$(id -u)" = 0 ] || { echo "skipped: makes containers, needs root"; exit 0; }
work=$(mktemp -d); passed=0 failed=0
cleanup() { for id in made other going; do "$veloci" --root "$work/state" delete --force $id; done >/dev/null 2>&1; rm -rf "$work"; }
trap cleanup EXIT
mkdir -p "$work/bin" "$work/place/box/rootfs/bin" "$work/place/empty"; ln -s "$veloci" "$work/bin/veloci"; export PATH=$work/bin:$PATH
cp "$(command -v busybox)" "$work/place/box/rootfs/bin/busybox" || exit 1
veloci spec --bundle "$work/place/box" && sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"busybox", "sleep", "1000"/' "$work/place/box/config.json" || exit 1
touch "$work/place/file"; cd "$work/place" || exit 1
for id in made other; do veloci --root "$work/state" create --bundle box $id </dev/null >/dev/null 2>&1 || { echo "no container $id"; exit 1; }; done
veloci --root "$work/state" run --detach --bundle box going </dev/null >/dev/null 2>&1 || { echo "no container"; exit 1; }

# ask_SHELL LINE: what is offered at the end of the line, a word a line
ask_bash() {
    bash --norc --noprofile -c '
        source "$1"; read -r -a COMP_WORDS <<<"$2"; [[ $2 != *" " ]] || COMP_WORDS+=("")
        # as readline splits them
        words=(); for word in "${COMP_WORDS[@]}"; do case $word in --*=*) words+=("${word%%=*}" = ); [ -z "${word#*=}" ] || words+=("${word#*=}");; *) words+=("$word");; esac; done
        COMP_WORDS=("${words[@]}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }
        _veloci; printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/veloci.bash" "$1"
}
ask_fish() { HOME=$work fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$completions/veloci.fish" "$1" | cut -f1; }
ask_zsh() {
    # A shell on a terminal of its own, whose function for matches prints them.
    HOME=$work zsh -f -c '
        zmodload zsh/zpty; zpty shell zsh -f -i
        zpty -w shell "PS1=; fpath=(${(q)1} \$fpath); autoload -U compinit; compinit -u -d ${(q)3}/dump; setopt nolistbeep; unsetopt listambiguous alwayslastprompt"
        zpty -w shell "zstyle \":completion:*\" list-grouped false; LISTMAX=1000; COLUMNS=400"
        zpty -w shell "compadd() { local -a found; if [[ \${@[(I)-[OAD]]} -gt 0 ]]; then builtin compadd \"\$@\"; return; fi; builtin compadd -O found \"\$@\"; (( \$#found )) && print -rl -- OFFER:\${^found}; builtin compadd \"\$@\"; }"
        zpty -w shell "bindkey \"^I\" complete-word; print READY"
        local line; repeat 40; do zpty -r -t shell line && [[ $line = *READY* && $line != *print* ]] && break; sleep 0.1; done
        zpty -w -n shell "$2"$'"'\\t'"'
        local -i quiet=0; repeat 60; do if zpty -r -t shell line; then print -r -- "$line"; quiet=0; else sleep 0.1; (( ++quiet > 12 )) && break; fi; done
        zpty -d shell' zsh "$completions" "$1" "$work" 2>/dev/null | tr -d '\r' | sed -n 's/.*OFFER://p'
}
# offers LINE [WORD...]: each shell offers the words; refuses LINE WORD...: none of them
offers() { look yes "$@"; }
refuses() { look no "$@"; }
look() {
    local wanted=$1 line=$2 shell got word bad; shift 2
    for shell in bash zsh fish; do
        command -v $shell >/dev/null || { [ -n "${told[$shell]:-}" ] || echo "skipped: $shell is not installed"; told[$shell]=1; continue; }
        got=$(ask_$shell "$line"); bad=
        for word; do if grep -qxF -- "$word" <<<"$got"; then [ $wanted = yes ] || bad="$bad $word"; else [ $wanted = no ] || bad="$bad $word"; fi; done
        if [ -z "$bad" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $shell, \"$line\", $wanted:$bad; offered: $(head -n 8 <<<"$got" | tr '\n' ' ')"; fi
    done
}
declare -A told
offers "veloci " create delete exec plan update help
offers "veloci cre" create
offers "veloci --roo" --root --rootless
offers "veloci --log-format " text json
offers "veloci --cgroup-manager " cgroupfs systemd disabled
offers "veloci --root $work/state list --form" --format
offers "veloci list --format " table json
offers "veloci check --format " text json
offers "veloci --root $work/state delete " made other going
offers "veloci --root $work/state delete --force m" made
offers "veloci --root $work/state start " made other
refuses "veloci --root $work/state start " going
offers "veloci --root $work/state pause " going
refuses "veloci --root $work/state pause " made
offers "veloci --root $work/state kill going " TERM KILL HUP
offers "veloci --root $work/state kill going TE" TERM
refuses "veloci --root $work/state kill " TERM
offers "veloci exec --cap CAP_NET_" CAP_NET_ADMIN CAP_NET_RAW
offers "veloci events --pressure " low medium critical
offers "veloci update --mem" --memory --memory-swap
refuses "veloci create " made other
# flags of the container's program are not veloci's
refuses "veloci --root $work/state exec going ls --de" --detach
for shell in bash zsh fish; do
    command -v $shell >/dev/null || continue
    got=$(ask_$shell "veloci run --bundle "); good=yes
    grep -qE '^box/?$' <<<"$got" || good=no
    ! grep -qx file <<<"$got" || good=no
    [ $good = yes ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok: $shell offers bundles: $got"; }
done
[ "$(ask_bash "veloci list --format=j")" = json ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok: bash, --format=j: $(ask_bash "veloci list --format=j")"; }
echo "$passed passed, $failed failed"
[ $failed = 0 ]
