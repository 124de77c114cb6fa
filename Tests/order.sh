#!/bin/bash
# order.sh: writes Sources/VelociExecutable/order.txt, the functions of the installed executable that commands come to. The
# linker puts them beside one another (embedded.json), so that a command waits for fewer pages of the file: state for a third
# fewer. A name that is not there any more does nothing; write the list anew when Tests/budgets.sh finds too many page faults.
# Needs root, a C compiler, and what "make build" has left. Creation is watched in single steps: some minutes.
set -eu -o pipefail
cd "$(dirname "$0")/.."
[ "$(uname -m)" = x86_64 ] || { echo "order.sh: skipped: single steps are read on x86-64 alone here"; exit 0; }
objects=.build/embedded/x86_64-unknown-linux-gnu/release/veloci.product/Objects.LinkFileList
[ -f $objects ] || { echo "order.sh: first make build" >&2; exit 1; }
work=$(mktemp -d)
id=order-$$
trap '$work/veloci --root $work/state delete --force $id 2>/dev/null || true; rm -rf $work' EXIT
swift=$(dirname "$(realpath "$(command -v swift)")")/..
tables=$swift/lib/swift/embedded/x86_64-unknown-linux-gnu/libswiftUnicodeDataTables.a
# The executable as it is built, but with its symbols and with no two functions in one.
clang -fuse-ld=lld -static -nostdlib -o "$work/veloci" "@$objects" "$tables" -Wl,--gc-sections \
    -Wl,--defsym,main=veloci_main -lseccomp
nm --numeric-sort "$work/veloci" >"$work/symbols"
cc -O2 -Wall -o "$work/functions" Tests/budgets/functions.c
mkdir -p "$work"/bundle/rootfs/{bin,proc,dev,sys} "$work/state"
cp "$(command -v busybox)" "$work/bundle/rootfs/bin/busybox"
(cd "$work/bundle" && "$work/veloci" spec)
jq '.process.terminal = false | .process.args = ["/bin/busybox", "sleep", "1000"]' "$work/bundle/config.json" \
    >"$work/config.json"
mv "$work/config.json" "$work/bundle/config.json"
# functions NAME ARGUMENT...
functions() {
    local list="$work/order-$1"; shift
    "$work/functions" "$work/symbols" "$work/veloci" --root "$work/state" "$@" 2>"$list" </dev/null >/dev/null
}

functions create create --bundle "$work/bundle" $id
functions state state $id
functions list list
functions start start $id
functions exec exec $id /bin/busybox true
functions kill kill $id KILL
until "$work/veloci" --root "$work/state" state $id | grep -q '"stopped"'; do sleep 0.1; done
functions delete delete $id
# First those of the shortest commands.
(cd "$work" && awk '!seen[$0]++' order-state order-list order-start order-kill order-delete order-exec order-create) \
    >Sources/VelociExecutable/order.txt
echo "order.sh: $(wc -l <Sources/VelociExecutable/order.txt) functions"
