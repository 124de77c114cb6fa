#!/bin/sh
# memory.sh [all]: our C with every warning an error and through clang's analyzer; with "all" the Swift tests of the libraries
# under AddressSanitizer as well, which takes some minutes.
# The flags are given here because a package with unsafe flags in C targets could not be depended on.
set -u
cd "$(dirname "$0")/.." || exit 1
clang=$(dirname "$(realpath "$(command -v swift)")")/clang
[ -x "$clang" ] || clang=clang
failed=0
includes=$(for folder in Sources/*/include conformance/*/include Tests/Fuzzing/Driver/include Tests/StandaloneSubject/include; do printf -- '-I%s ' "$folder"; done)
warnings="-Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wundef -Wvla"
count=0
for file in $(git ls-files 'Sources/*.c' 'conformance/*.c' 'Tests/*.c'); do
    count=$((count + 1))
    # shellcheck disable=SC2086
    $clang -std=gnu23 -O2 -DVELOCI_COMMIT=\"x\" $warnings $includes -fsyntax-only "$file" || failed=1
    # vfork is what a counter of page faults needs: nothing of the parent's is copied.
    # shellcheck disable=SC2086
    $clang -std=gnu23 -DVELOCI_COMMIT=\"x\" $includes --analyze -Xclang -analyzer-disable-checker=security.insecureAPI.vfork --analyzer-output text -Xclang -analyzer-werror "$file" -o /dev/null || failed=1
done
for header in $(git ls-files 'Sources/*/include/*.h' 'conformance/*/include/*.h'); do
    count=$((count + 1))
    # shellcheck disable=SC2086
    $clang -std=gnu23 -O2 $warnings -Wno-unused-function -Wno-pragma-once-outside-header $includes -x c -fsyntax-only "$header" || failed=1
done
echo "$count files of C: $([ $failed = 0 ] && echo no complaint || echo see above)"
[ "${1:-}" = all ] || exit $failed

mkdir -p .build
# Those that use pointers, sockets and bytes; containers are not started: their stage has no allocator to look at.
SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 VELOCI_CHECKED=1 swift test --scratch-path .build/address --sanitize address \
    --filter 'ByteTextTests|RuntimeSpecTests|LinuxKernelTests|DBusTests|ContainerPlanTests|SeccompTests|CgroupsTests.(Device|Layout|Statistics|Resource)|VelociTests.Record' \
    >.build/address.log 2>&1 || failed=1
grep -aE 'AddressSanitizer|✘|error:|Test run' .build/address.log | tail -20
exit $failed
