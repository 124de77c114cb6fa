// The C library as far as the harness uses it. The module Glibc is an overlay that Embedded Swift does not have, so that neither
// build uses it: what compiles in one compiles in the other. Not together with CLinux in one file: both name the same constants.
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The error of the last call that failed.
static inline int harness_error(void)
{
    return errno;
}

// open(2) with the mode of a file that is made. Swift calls no function with "..." in its declaration.
static inline int harness_open(const char *_Nonnull path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

// fcntl(2) with a number.
static inline int harness_control(int descriptor, int operation, int value)
{
    return fcntl(descriptor, operation, value);
}

// The limits of a resource by its number: what the type of the number is depends on the headers (getrlimit(2)).
static inline int harness_limit(int resource, struct rlimit *_Nonnull limit)
{
    return getrlimit(resource, limit);
}

// The signal does nothing from now on (signal(2), SIG_IGN).
static inline void harness_ignore(int number)
{
    signal(number, SIG_IGN);
}

// The variables of this process, for a child.
static inline char *_Nullable *_Nonnull harness_environment(void)
{
    extern char **environ;
    return environ;
}
