#!/bin/bash
# qemu.sh KERNELDIR: prints the QEMU command with its accelerator, one word per line.
# KVM is used where a kernel really boots with it (a device node alone proves nothing inside a virtual machine);
# otherwise software emulation, which needs QEMU 9 or newer: 7.2 translates cmpxchg16b wrongly and races when the kernel
# patches its own text, so that kernels from 6.5 on crash. On older Debian the backported QEMU is unpacked in the cache.
. "$(dirname "$0")/common.sh"
kernel=$1
need qemu-system-x86_64:qemu-system-x86
own=(qemu-system-x86_64)

boots_with_kvm() {
    local note="$lab_cache/kvm" boot answer
    [ -w /dev/kvm ] || return 1
    boot=$(cat /proc/sys/kernel/random/boot_id)
    if [ "$(cut -d' ' -f1 "$note" 2>/dev/null)" != "$boot" ]; then
        say "trying KVM"
        # the kernel finds no root file system, panics, reboots: QEMU ends by itself when the processor works
        answer=no
        timeout 20 "${own[@]}" -accel kvm -cpu host -m 256 -nodefaults -no-user-config -display none -no-reboot -serial stdio \
            -kernel "$kernel/vmlinuz" -append 'console=ttyS0 panic=-1 quiet' </dev/null 2>/dev/null | grep -q 'Kernel panic' && answer=yes
        echo "$boot $answer" >"$note"
    fi
    [ "$(cut -d' ' -f2 "$note")" = yes ]
}

if [ "${LAB_ACCELERATOR:-}" != tcg ] && boots_with_kvm; then
    printf '%s\n' "${own[@]}" -accel kvm -cpu host; exit 0
fi
emulation=(-accel "tcg,thread=multi,tb-size=512" -cpu "${LAB_CPU:-Nehalem,+pdpe1gb}")
if [ "$("${own[@]}" --version | sed -nE '1s/.*version ([0-9]+).*/\1/p')" -ge 9 ]; then
    printf '%s\n' "${own[@]}" "${emulation[@]}"; exit 0
fi
tree=$lab_cache/qemu; program=$tree/usr/bin/qemu-system-x86_64
lab_lock qemu 600
if [ ! -x "$program" ]; then
    codename=$(. /etc/os-release; echo "$VERSION_CODENAME")
    say "QEMU from $codename-backports: downloading"
    rm -rf "$tree.new"; lab_unpack "$codename-backports" "$tree.new" qemu-system-x86 qemu-system-data seabios
    rm -rf "$tree.new"/usr/share/{doc,man,icons,applications} "$tree"; mv "$tree.new" "$tree"
fi
missing=$(ldd "$program" | awk '/not found/ { print $1 }' | tr '\n' ' ')
[ -z "$missing" ] || die "QEMU lacks libraries: $missing" "sudo apt-get install qemu-system-x86"
printf '%s\n' "$program" -L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" "${emulation[@]}"
