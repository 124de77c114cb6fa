#!/bin/bash
# mini.sh [OPTION]... -- COMMAND...
# Boots Debian's kernel with cgroup v2 and all its controllers, no systemd, on a root file system made of what is given,
# runs COMMAND in it as root, prints its output, exits with its status. Needs no root here.
#   -d, --directory DIR[:TARGET]   files of the machine's root, or of TARGET in it; may be repeated
#   -p, --program FILE[:NAME]      a program with its shared libraries, to /usr/bin; may be repeated
#   -o, --results DIR              where the files that COMMAND leaves in /results go, with the console
#   -t, --timeout SECONDS          the machine is stopped after that (default 600)
#   -m, --memory MiB               (default 1024)      -s, --processors N   (default 1)
#   -n, --nodes N                  NUMA nodes (default 1)
#   -a, --append ARGUMENTS         for the kernel's command line
#   -k, --kernel SUITE[/FLAVOUR]   (default trixie/cloud-amd64)
# With LAB_ARCHITECTURE=arm64 it is a machine of that architecture, for static programs.
# Without a shell in DIR the machine has busybox. The command starts in /lab, in a cgroup of its own; /results is for artefacts.
. "$(dirname "$0")/common.sh"
. "$lab_home/payload.sh"
memory=1024 processors=1 nodes=1 limit=600 results='' append='' suite=$lab_suite flavour=cloud-$lab_architecture directories=() programs=()
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in --) shift; break;; -h|--help) usage;; -*) [ $# -ge 2 ] || usage;; *) break;; esac
    case $1 in
        -d|--directory) directories+=("$2");; -p|--program) programs+=("$2");; -o|--results) results=$2;;
        -t|--timeout) limit=$2;; -m|--memory) memory=$2;; -s|--processors) processors=$2;; -n|--nodes) nodes=$2;;
        -a|--append) append=$2;; -k|--kernel) suite=${2%%/*}; case $2 in */*) flavour=${2#*/};; esac;; *) usage;;
    esac
    shift 2
done
[ $# -gt 0 ] || usage
need depmod:kmod xz:xz-utils flock:util-linux
kernel=$("$lab_home/kernel.sh" "$suite" "$flavour")
initrd=$("$lab_home/initrd.sh" "$kernel")
busybox=$("$lab_home/busybox.sh")
here=$(LAB_ARCHITECTURE=amd64 "$lab_home/busybox.sh")
qemu=$("$lab_home/qemu.sh" "$kernel"); mapfile -t qemu <<<"$qemu"

work=$(mktemp -d "${TMPDIR:-/tmp}/veloci-mini.XXXXXX"); machine=''
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null; rm -rf "$work"' EXIT
tree=$work/tree; mkdir -p "$tree/lab"
for directory in "${directories[@]}"; do payload_directory "$tree" "$directory"; done
# merged as Debian does it, unless a directory brought its own
for place in bin sbin lib lib64; do
    [ -e "$tree/$place" ] || [ -L "$tree/$place" ] || { target=${place/sbin/bin}; mkdir -p "$tree/usr/$target"; ln -s "usr/$target" "$tree/$place"; }
done
for program in "${programs[@]}"; do payload_program "$tree" lib/x86_64-linux-gnu "$program"; done
if [ ! -e "$tree/bin/sh" ]; then
    cp "$busybox" "$tree/bin/busybox"
    # what was given wins over busybox's own
    for applet in $("$here" --list); do [ -e "$tree/bin/$applet" ] || [ -L "$tree/bin/$applet" ] || [ -e "$tree/usr/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"; done
fi
payload_command "$tree" "$@"
install -m755 "$lab_home/guest/mini-init" "$tree/lab/init"; chmod 755 "$tree"
payload_tar "$tree" "$work/payload.tar"; rm -rf "$tree"
truncate -s 512M "$work/results.tar"
numa=()
if [ "$nodes" -gt 1 ]; then
    for ((node = 0; node < nodes; node++)); do
        numa+=(-object "memory-backend-ram,id=ram$node,size=$((memory / nodes))M" -numa "node,nodeid=$node,memdev=ram$node"); done
    memory=$((memory / nodes * nodes))
fi
[ -n "${LAB_PARALLEL:-}" ] || lab_lock machine 3600
say "mini lab: $(basename "$kernel"), $(printf '%s\n' "${qemu[@]}" | grep -m1 -oE '^(kvm|tcg)'), payload $(du -m "$work/payload.tar" | cut -f1) MiB"
ports=(-serial "file:$work/console" -serial stdio) console=ttyS0
if [ "$lab_architecture" = arm64 ]; then
    ports=(-serial "file:$work/console" -device virtio-serial-pci -chardev stdio,id=output,signal=off -device virtconsole,chardev=output)
    console=ttyAMA0 append="lab.output=hvc0 $append"
fi
timeout "$limit" "${qemu[@]}" -smp "$processors" -m "$memory" "${numa[@]}" -nodefaults -no-user-config -display none -no-reboot \
    -kernel "$kernel/vmlinuz" -initrd "$initrd" \
    -append "console=$console quiet panic=-1 mitigations=off tsc=reliable no_timer_check lab.mode=tar $append" \
    "${ports[@]}" -device virtio-rng-pci \
    -drive "file=$work/payload.tar,format=raw,if=virtio,readonly=on" -drive "file=$work/results.tar,format=raw,if=virtio,cache=unsafe" </dev/null & machine=$!
status=0; wait "$machine" || status=$?; machine=''
payload_results "$work/results.tar" "$work/console" "${results:-$work/results}" "$status" "$limit"
