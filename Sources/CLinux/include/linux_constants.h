// Constants of the kernel's user interface. Plain integer macros are imported by Swift as they are; what has a cast,
// or is newer than the installed headers, is named here.
#pragma once

#include <stdint.h>

#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/ioprio.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/stat.h>
#include <linux/wait.h>
#include <asm/errno.h>
#include <asm/ioctls.h>

// <linux/fcntl.h> and <asm/signal.h> define structures that clash with the C library's, so their numbers are given here.
#define O_RDONLY 00000000
#define O_WRONLY 00000001
#define O_RDWR 00000002
#define O_CREAT 00000100
#define O_EXCL 00000200
#define O_NOCTTY 00000400
#define O_TRUNC 00001000
#define O_APPEND 00002000
#define O_NONBLOCK 00004000
#define O_CLOEXEC 02000000
#define O_PATH 010000000
#if defined(__x86_64__)
#define O_DIRECTORY 00200000
#define O_NOFOLLOW 00400000
#define O_TMPFILE 020200000
#else
#define O_DIRECTORY 00040000
#define O_NOFOLLOW 00100000
#define O_TMPFILE 020040000
#endif
#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define FD_CLOEXEC 1
#define F_DUPFD_CLOEXEC 1030
#define F_ADD_SEALS 1033
#define F_SEAL_SEAL 0x0001
#define F_SEAL_SHRINK 0x0002
#define F_SEAL_GROW 0x0004
#define F_SEAL_WRITE 0x0008
#define AT_FDCWD -100
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS 0x200
#define AT_REMOVEDIR 0x200
#define AT_EACCESS 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_NO_AUTOMOUNT 0x800
#define AT_EMPTY_PATH 0x1000
#define AT_RECURSIVE 0x8000
#define X_OK 1
#define W_OK 2
#define SIG_BLOCK 0
#define SIG_SETMASK 2
#define MSG_NOSIGNAL 0x4000
#define SIGCHLD 17
#define MNT_DETACH 2

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

// Names of error numbers come from the C library, whose module hides these two from Swift.
const char *strerrorname_np(int number);
const char *strerrordesc_np(int number);

enum : uint64_t {
    linux_clone_newtime = 0x00000080ULL,
    linux_clone_newns = 0x00020000ULL,
    linux_clone_newcgroup = 0x02000000ULL,
    linux_clone_newuts = 0x04000000ULL,
    linux_clone_newipc = 0x08000000ULL,
    linux_clone_newuser = 0x10000000ULL,
    linux_clone_newpid = 0x20000000ULL,
    linux_clone_newnet = 0x40000000ULL,
    linux_clone_into_cgroup = 0x200000000ULL,
    linux_clone_parent = 0x00008000ULL,
    linux_clone_pidfd = 0x00001000ULL,
    linux_clone_vm = 0x00000100ULL,
    linux_clone_vfork = 0x00004000ULL,
};
