#ifdef VELOCI_STANDALONE
#include "CStandalone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../CLinux/include/linux_system_call.h"

// The functions of the C library that libseccomp and the command line call.

int *__errno_location(void)
{
    static int number;
    return &number;
}

static int64_t outcome(int64_t result)
{
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}

#define call(...) outcome(linux_system_call(__VA_ARGS__))

char *getenv(const char *name)
{
    size_t length = strlen(name);
    for (char **entry = environ; *entry; entry++)
        if (!strncmp(*entry, name, length) && (*entry)[length] == '=') return *entry + length + 1;
    return NULL;
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    return call(__NR_write, (uint64_t)descriptor, (uint64_t)bytes, count, 0, 0, 0);
}

int close(int descriptor)
{
    return (int)call(__NR_close, (uint64_t)descriptor, 0, 0, 0, 0, 0);
}

int dup(int descriptor)
{
    return (int)call(__NR_dup, (uint64_t)descriptor, 0, 0, 0, 0, 0);
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    uint64_t mode = flags & O_CREAT ? va_arg(list, uint64_t) : 0;
    va_end(list);
    return (int)call(__NR_openat, (uint64_t)AT_FDCWD, (uint64_t)path, (uint64_t)flags, mode, 0, 0);
}

int fcntl(int descriptor, int operation, ...)
{
    va_list list;
    va_start(list, operation);
    uint64_t value = va_arg(list, uint64_t);
    va_end(list);
    return (int)call(__NR_fcntl, (uint64_t)descriptor, (uint64_t)operation, value, 0, 0, 0);
}

int isatty(int descriptor)
{
    struct termios settings;
    return ioctl(descriptor, TCGETS, &settings) == 0;
}

int chmod(const char *path, mode_t mode)
{
    return (int)call(__NR_fchmodat, (uint64_t)AT_FDCWD, (uint64_t)path, mode, 0, 0, 0);
}

// With memory of its own, which is the only way in which it is called.
char *getcwd(char *buffer, size_t size)
{
    char path[4096];
    if (buffer || size) __builtin_trap();
    return call(__NR_getcwd, (uint64_t)path, sizeof path, 0, 0, 0, 0) < 0 ? NULL : strdup(path);
}

pid_t getpid(void)
{
    return (pid_t)linux_system_call(__NR_getpid, 0, 0, 0, 0, 0, 0);
}

uid_t geteuid(void)
{
    return (uid_t)linux_system_call(__NR_geteuid, 0, 0, 0, 0, 0, 0);
}

gid_t getegid(void)
{
    return (gid_t)linux_system_call(__NR_getegid, 0, 0, 0, 0, 0, 0);
}

long syscall(long number, ...)
{
    va_list list;
    uint64_t values[6];
    va_start(list, number);
    for (int index = 0; index < 6; index++) values[index] = va_arg(list, uint64_t);
    va_end(list);
    return call(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

int prctl(int option, ...)
{
    va_list list;
    uint64_t values[4];
    va_start(list, option);
    for (int index = 0; index < 4; index++) values[index] = va_arg(list, uint64_t);
    va_end(list);
    return (int)call(__NR_prctl, (uint64_t)option, values[0], values[1], values[2], values[3], 0);
}

int ioctl(int descriptor, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    uint64_t value = va_arg(list, uint64_t);
    va_end(list);
    return (int)call(__NR_ioctl, (uint64_t)descriptor, request, value, 0, 0, 0);
}

// random(4) once at the start: the bytes of the kernel behind those that guard the stack, and the kernel's own when there are
// more to fill.
void arc4random_buf(void *bytes, size_t count)
{
    static int wasUsed;
    if (!wasUsed && count <= 8) {
        wasUsed = 1;
        memcpy(bytes, standalone_random + 8, count);
        return;
    }
    for (unsigned char *next = bytes; count;) {
        int64_t result = linux_system_call(__NR_getrandom, (uint64_t)next, count, 0, 0, 0, 0);
        if (result <= 0) {
            // Refused, as a filter around us may: seeds of hash tables are all that it is asked for, and these differ as well.
            static unsigned char turn;
            *next = (unsigned char)(standalone_random[8 + turn % 8] + 31 * turn);
            turn++;
            result = 1;
        }
        next += result;
        count -= (size_t)result;
    }
}

void abort(void)
{
    __builtin_trap();
}

// The guard behind a frame was written over.
void __stack_chk_fail(void)
{
    __builtin_trap();
}

// libseccomp can write a filter as text and check itself in words, neither of which is asked of it.

void __assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    (void)assertion, (void)file, (void)line, (void)function;
    __builtin_trap();
}

#pragma clang diagnostic ignored "-Wbuiltin-requires-header"
#define never(name)             \
    void name(void);            \
    void name(void)             \
    {                           \
        __builtin_trap();       \
    }
never(__fprintf_chk)
never(fdopen)
never(fwrite)
never(fflush)
never(fclose)
#endif
