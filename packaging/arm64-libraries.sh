#!/bin/bash
# Makes a folder with what the executables for arm64 are compiled and linked with, on a machine of another architecture: headers of the
# kernel and of the C library, the C library itself with the compiler's own (for oci-conformance; veloci has none), libseccomp, and the
# tables of Unicode that Swift's compiler has for arm64. Debian's packages for arm64 are unpacked, and none is installed; root is not
# needed.
# Usage: arm64-libraries.sh FOLDER
folder=$(realpath -m "$1")
LAB_ARCHITECTURE=arm64 . "$(dirname "$0")/../lab/common.sh"
suite=$(. /etc/os-release; echo "$VERSION_CODENAME")
[ ! -e "$folder/usr/lib/aarch64-linux-gnu/libgcc.a" ] || exit 0
say "headers and libraries for arm64: downloading"
rm -rf "$folder"
compilers=$(lab_apt "$suite" apt-cache depends gcc | sed -n 's/.*Depends: gcc-\([0-9]*\)$/\1/p')
lab_unpack "$suite" "$folder" linux-libc-dev libc6-dev libseccomp-dev "libgcc-$compilers-dev"
rm -rf "${folder:?}/usr/share" "$folder/usr/bin"
compiler=$(dirname "$(readlink -f "$(command -v swiftc)")")
cp "$compiler/../lib/swift/embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a" "$folder/usr/lib/aarch64-linux-gnu/"
cp "$folder/usr/lib/gcc/aarch64-linux-gnu/$compilers"/libgcc*.a "$folder/usr/lib/aarch64-linux-gnu/"
