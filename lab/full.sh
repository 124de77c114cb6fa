#!/bin/bash
# full.sh [OPTION]... -- COMMAND...
# Boots a Debian machine with systemd as process 1, unified cgroup v2 with all controllers, D-Bus, AppArmor and an
# unprivileged user ("as-user COMMAND" in the machine) to whom controllers are delegated; runs COMMAND in it as root, prints its
# output, exits with its status. The image is built once and cached; what the machine writes is thrown away.
#   -i, --image KIND               base (default), clients, selinux: see image.sh
#   -d, --directory DIR[:TARGET]   files to copy over /, or into TARGET; may be repeated
#   -p, --program FILE[:NAME]      a program with its shared libraries, to /usr/bin; may be repeated
#   -c, --command FILE             a shell script to run instead of COMMAND; arguments after -- are its arguments
#   -o, --results DIR              where the files that COMMAND leaves in /results go, with the console
#   -t, --timeout SECONDS          the machine is stopped after that (default 1800)
#   -m, --memory MiB               (default 2048)      -s, --processors N   (default 1)
#   -a, --append ARGUMENTS         for the kernel's command line
. "$(dirname "$0")/common.sh"
. "$lab_home/payload.sh"
kind=base memory=2048 processors=1 limit=1800 results='' append='' script='' directories=() programs=()
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in --) shift; break;; -h|--help) usage;; -*) [ $# -ge 2 ] || usage;; *) break;; esac
    case $1 in
        -i|--image) kind=$2;; -d|--directory) directories+=("$2");; -p|--program) programs+=("$2");; -c|--command) script=$2;;
        -o|--results) results=$2;; -t|--timeout) limit=$2;; -m|--memory) memory=$2;; -s|--processors) processors=$2;;
        -a|--append) append=$2;; *) usage;;
    esac
    shift 2
done
[ $# -gt 0 ] || [ -n "$script" ] || usage
need qemu-system-x86_64:qemu-system-x86 depmod:kmod xz:xz-utils mke2fs:e2fsprogs flock:util-linux perl:perl
kernel=$("$lab_home/kernel.sh")
initrd=$("$lab_home/initrd.sh" "$kernel")
image=$("$lab_home/image.sh" "$kind")
qemu=$("$lab_home/qemu.sh" "$kernel"); mapfile -t qemu <<<"$qemu"
case $kind in selinux) append="security=selinux selinux=1 $append";; *) append="apparmor=1 security=apparmor $append";; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/veloci-full.XXXXXX"); machine=''
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null; rm -rf "$work"' EXIT
tree=$work/tree; mkdir -p "$tree/lab"
for directory in "${directories[@]}"; do payload_directory "$tree" "$directory"; done
for program in "${programs[@]}"; do payload_program "$tree" lab/libraries "$program"; done
rm -rf "${tree:?}/lib64" # the machine's own loader serves
if [ -n "$script" ]; then install -m755 "$script" "$tree/lab/script"; set -- sh /lab/script "$@"; fi
payload_command "$tree" "$@"
payload_tar "$tree" "$work/payload.tar"; rm -rf "$tree"
truncate -s 2G "$work/results.tar"
[ -n "${LAB_PARALLEL:-}" ] || lab_lock machine 3600
say "full lab: $(basename "$kernel"), $(printf '%s\n' "${qemu[@]}" | grep -m1 -oE '^(kvm|tcg)'), $kind image, payload $(du -m "$work/payload.tar" | cut -f1) MiB"
# the throw-away layer of snapshot=on goes where TMPDIR says
TMPDIR=$work timeout "$limit" "${qemu[@]}" -smp "$processors" -m "$memory" -nodefaults -no-user-config -display none -no-reboot \
    -kernel "$kernel/vmlinuz" -initrd "$initrd" \
    -append "console=ttyS0 panic=-1 mitigations=off tsc=reliable no_timer_check systemd.show_status=0 lab.mode=disk lab.init=/lib/systemd/systemd $append" \
    -serial "file:$work/console" -serial stdio -device virtio-rng-pci \
    -drive "file=$image,format=raw,if=virtio,snapshot=on,cache=unsafe" \
    -drive "file=$work/payload.tar,format=raw,if=virtio,readonly=on" \
    -drive "file=$work/results.tar,format=raw,if=virtio,cache=unsafe" </dev/null & machine=$!
status=0; wait "$machine" || status=$?; machine=''
payload_results "$work/results.tar" "$work/console" "${results:-$work/results}" "$status" "$limit"
