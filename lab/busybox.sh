#!/bin/bash
# busybox.sh: path of a statically linked busybox of LAB_ARCHITECTURE, this machine's own or one unpacked in the cache
. "$(dirname "$0")/common.sh"
own='' tree=$lab_cache/busybox
if [ "$lab_architecture" = amd64 ]; then own=$(command -v busybox || true); else tree=$tree-$lab_architecture; fi
if [ -n "$own" ] && ! ldd "$own" >/dev/null 2>&1; then echo "$own"; exit 0; fi
busybox=$tree/bin/busybox
[ -x "$busybox" ] || busybox=$tree/usr/bin/busybox
if [ ! -x "$busybox" ]; then
    lab_lock busybox 300
    say "busybox-static: downloading"; lab_unpack "$lab_suite" "$tree" busybox-static
    busybox=$(find "$tree" -type f -name busybox -perm -100 -print -quit)
fi
echo "$busybox"
