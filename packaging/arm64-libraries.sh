#!/bin/bash
# Makes a folder with what the executable for arm64 is compiled and linked with, on a machine of another architecture: headers of the
# kernel and of the C library, libseccomp, and the tables of Unicode that Swift's compiler has for arm64. Debian's packages for arm64 are
# unpacked, and none is installed; root is not needed.
# Usage: arm64-libraries.sh FOLDER
folder=$(realpath -m "$1")
LAB_ARCHITECTURE=arm64 . "$(dirname "$0")/../lab/common.sh"
suite=$(. /etc/os-release; echo "$VERSION_CODENAME")
[ ! -e "$folder/ready" ] || exit 0
say "headers and libseccomp for arm64: downloading"
rm -rf "$folder"
lab_unpack "$suite" "$folder" linux-libc-dev libc6-dev libseccomp-dev
rm -rf "${folder:?}/usr/share" "$folder/usr/bin"
compiler=$(dirname "$(readlink -f "$(command -v swiftc)")")
cp "$compiler/../lib/swift/embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a" "$folder/usr/lib/aarch64-linux-gnu/"
touch "$folder/ready"
