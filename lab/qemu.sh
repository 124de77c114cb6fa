#!/bin/bash
# qemu.sh KERNELDIR: prints the QEMU command with its machine and its accelerator, one word per line.
# KVM is used where a kernel really boots with it (a device node alone proves nothing inside a virtual machine);
# otherwise software emulation, which needs QEMU 9 or newer: 7.2 translates cmpxchg16b wrongly and races when the kernel
# patches its own text, so that kernels from 6.5 on crash. On older Debian the backported QEMU is unpacked in the cache.
. "$(dirname "$0")/common.sh"
kernel=$1
if [ "$lab_architecture" = arm64 ]; then
    name=qemu-system-aarch64 packages=(qemu-system-arm qemu-system-data)
    machine=(-machine virt) processor=cortex-a76
else
    name=qemu-system-x86_64 packages=(qemu-system-x86 qemu-system-data seabios)
    machine=(-machine pc) processor=Nehalem,+pdpe1gb
    need $name:${packages[0]}
fi
own=($name)

boots_with_kvm() {
    local note="$lab_cache/kvm" boot answer
    [ -w /dev/kvm ] && [ "$lab_architecture" = amd64 ] || return 1
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
    printf '%s\n' "${own[@]}" "${machine[@]}" -accel kvm -cpu host; exit 0
fi
emulation=(-accel "tcg,thread=multi,tb-size=512" -cpu "${LAB_CPU:-$processor}")
if [ "$({ "${own[@]}" --version || true; } 2>/dev/null | sed -nE '1s/.*version ([0-9]+).*/\1/p' | grep . || echo 0)" -ge 9 ]; then
    printf '%s\n' "${own[@]}" "${machine[@]}" "${emulation[@]}"; exit 0
fi
tree=$lab_cache/qemu; [ "$lab_architecture" = amd64 ] || tree=$tree-$lab_architecture
program=$tree/usr/bin/$name
lab_lock qemu 600
if [ ! -x "$program" ]; then
    codename=$(. /etc/os-release; echo "$VERSION_CODENAME")
    say "QEMU from $codename-backports: downloading"
    rm -rf "$tree.new"; lab_architecture=amd64 lab_unpack "$codename-backports" "$tree.new" "${packages[@]}"
    rm -rf "$tree.new"/usr/share/{doc,man,icons,applications} "$tree"; mv "$tree.new" "$tree"
fi
missing=$(ldd "$program" | awk '/not found/ { print $1 }' | tr '\n' ' ')
[ -z "$missing" ] || die "QEMU lacks libraries: $missing" "sudo apt-get install ${packages[0]}"
printf '%s\n' "$program" -L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" "${machine[@]}" "${emulation[@]}"
