#!/bin/sh
# Compiles for arm64 what runs without a C library: CLinux, the stage with its entry code, and the conformance probe. The
# stage and the probe are linked as well, so an allocation that crept in fails here as it does on x86-64. Nothing is run.
# KEEP=FOLDER keeps the linked programs. The whole executable: make build ARCH=arm64, and Tests/arm64-machine.sh runs it.
set -eu
cd "$(dirname "$0")/.."
headers=${ARM64_HEADERS:-/usr/aarch64-linux-gnu/include}
if [ ! -e "$headers/asm/unistd.h" ]; then
    echo "the kernel's headers for arm64 are missing: apt-get install --no-install-recommends linux-libc-dev-arm64-cross" >&2
    exit 1
fi
bin=$(dirname "$(readlink -f "$(command -v swiftc)")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The compiler's own headers (stdint.h, stddef.h) and the kernel's for arm64; none of this machine's.
own=$("$bin/clang" -print-resource-dir)/include
includes="-nostdinc -isystem $own -isystem $headers"
for target in CLinux CStageWire CStageEntry; do includes="$includes -I $PWD/Sources/$target/include"; done
common="-ffreestanding -fno-stack-protector -fno-builtin -fno-pic -Os -ffunction-sections -Wall -Wextra -Wno-unused-parameter"

modules=
for target in CLinux CStageWire CStageEntry; do
    mkdir "$work/$target"
    if [ -e "Sources/$target/include/module.modulemap" ]; then
        modules="$modules -Xcc -fmodule-map-file=$PWD/Sources/$target/include/module.modulemap"
        continue
    fi
    # What SwiftPM makes for a C target whose headers lie in include/.
    printf 'module %s { umbrella header "%s" export * }\n' "$target" "$PWD/Sources/$target/include/$target.h" \
        > "$work/$target/module.modulemap"
    modules="$modules -Xcc -fmodule-map-file=$work/$target/module.modulemap"
done

# shellcheck disable=SC2086
for source in Sources/CLinux/*.c Sources/CStageEntry/*.c Sources/CStageWire/*.c; do
    "$bin/clang" --target=aarch64-linux-gnu -std=gnu23 $common $includes -c "$source" \
        -o "$work/$(basename "$(dirname "$source")")-$(basename "$source" .c).o"
    echo "compiled $source"
done

program() {
    name=$1
    folder=$2
    clang_options=
    for option in $includes; do clang_options="$clang_options -Xcc $option"; done
    # shellcheck disable=SC2046,SC2086
    "$bin/swiftc" -target aarch64-none-none-elf -module-name "$name" -swift-version 6 -wmo -Osize \
        -enable-experimental-feature Embedded -Xfrontend -disable-stack-protector -Xfrontend -function-sections \
        -parse-as-library -Xcc -ffreestanding -Xcc -D__linux__ $clang_options $modules \
        $(find "$folder" -name '*.swift' | sort) -c -o "$work/$name.o"
    echo "compiled $folder ($(find "$folder" -name '*.swift' | wc -l) files)"
    "$bin/ld.lld" -m aarch64elf -static --gc-sections -s --build-id=none -o "$work/$name" "$work/$name.o" \
        "$work"/CStageEntry-*.o
    "$bin/llvm-objdump" --file-headers "$work/$name" | grep -q elf64-littleaarch64
    [ -z "${KEEP:-}" ] || cp "$work/$name" "$KEEP/"
    echo "linked $name: $(stat -c %s "$work/$name") bytes, statically, for arm64"
}
program Stage Sources/Stage
program OCIProbe conformance/Probe
