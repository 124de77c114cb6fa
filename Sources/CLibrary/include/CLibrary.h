// The C library as far as the host side uses it. The module Glibc is an overlay that Embedded Swift does not have, so that
// neither build uses it: what compiles in one compiles in the other. Extensions are declared below and not switched on for all:
// with them the C library declares some structures otherwise than other modules of a program see them.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The name of an error, such as ENOENT; null when there is none.
const char *_Nullable library_error_name(int number);

// The kernel's sentence for it, in the language C; null when there is none.
const char *_Nullable library_error_sentence(int number);

// The variables of this process, for a child.
char *_Nullable *_Nonnull library_environment(void);

// The error of the last call that failed.
static inline int library_errno(void)
{
    return errno;
}

// open(2) of a file that exists. Swift calls no function with "..." in its declaration.
static inline int library_open(const char *_Nonnull path, int flags)
{
    return open(path, flags);
}

// The end of a child is told to its parent (waitpid(2)) although the caller ignored SIGCHLD.
static inline void library_hear_of_children(void)
{
    // The kernel's own structure: no handler, no flags, an empty mask.
    unsigned long action[4] = {0};
    syscall(SYS_rt_sigaction, SIGCHLD, action, NULL, 8);
}

// The flags of a descriptor, such as FD_CLOEXEC; negative when it is not open (fcntl(2), F_GETFD).
static inline int library_descriptor_flags(int descriptor)
{
    return fcntl(descriptor, F_GETFD);
}
