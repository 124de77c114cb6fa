#!/bin/sh
# Three runtimes that do nothing with one property each, made by a wrapper around RUNTIME. Each must fail in exactly the cases that are
# about the property.
# Usage: conformance-mutants.sh RUNTIME [SUITE]
set -u
cd "$(dirname "$0")/.."
runtime=$(realpath "$1") suite=${2:-.build/release/oci-conformance}
command -v jq >/dev/null || { echo "skipped: the mutants need jq"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# mutant NAME FILTER CASE…
mutant() {
    name=$1 filter=$2
    shift 2
    cat >"$work/$name" <<EOF
#!/bin/sh
bundle= previous=
for word; do [ "\$previous" != --bundle ] || bundle=\$word; previous=\$word; done
if [ -n "\$bundle" ] && jq '$filter' "\$bundle/config.json" >"\$bundle/../mutated" 2>/dev/null; then
    cat "\$bundle/../mutated" >"\$bundle/config.json"
fi
exec $runtime "\$@"
EOF
    chmod +x "$work/$name"
    for case; do echo "$case  the mutant does nothing with it"; done >"$work/$name.expected"
    if "$suite" --runtime "$work/$name" --expected "$work/$name.expected" --quiet --section config.md#posix-process \
        --section config.md#posix-platform-user --section config-linux.md#readonly-paths --section config-linux.md#masked-paths \
        --section config.md#hostname >"$work/$name.log" 2>&1; then
        echo "the mutant without $name fails in exactly $*"
    else
        cat "$work/$name.log"
        echo "the mutant without $name is not seen as it should"
        exit 1
    fi
}

mutant readonlyPaths 'del(.linux.readonlyPaths)' readonly-directory readonly-file readonly-proc readonly-root readonly-relative
mutant umask 'del(.process.user.umask)' user-umask
mutant RLIMIT_CPU 'if .process.rlimits then .process.rlimits |= map(select(.type != "RLIMIT_CPU")) else . end' rlimit-cpu
