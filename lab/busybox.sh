#!/bin/bash
# busybox.sh: path of a statically linked busybox, the machine's own or one unpacked in the cache
. "$(dirname "$0")/common.sh"
own=$(command -v busybox || true)
if [ -n "$own" ] && ! ldd "$own" >/dev/null 2>&1; then echo "$own"; exit 0; fi
busybox=$lab_cache/busybox/bin/busybox
[ -x "$busybox" ] || busybox=$lab_cache/busybox/usr/bin/busybox
if [ ! -x "$busybox" ]; then
    lab_lock busybox 300
    say "busybox-static: downloading"; lab_unpack "$lab_suite" "$lab_cache/busybox" busybox-static
    busybox=$(find "$lab_cache/busybox" -type f -name busybox -perm -100 -print -quit)
fi
echo "$busybox"
