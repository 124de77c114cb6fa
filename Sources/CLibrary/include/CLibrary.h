// The C library, as far as the host side needs it: Embedded Swift has no overlay for it, so neither build uses one.
#pragma once

// Without _GNU_SOURCE: it changes structures that Foundation's modules have seen otherwise. What needs it is declared here.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
const char *strerrorname_np(int number);
const char *strerrordesc_np(int number);

// Variadic functions, and what is a macro or of another type in C.
static inline int library_errno(void) { return errno; }
static inline char **library_environment(void) { return environ; }
static inline int library_open(const char *path, int flags) { return open(path, flags); }
static inline int library_fcntl(int descriptor, int command) { return fcntl(descriptor, command); }
static inline const char *library_error_name(int number) { return strerrorname_np(number); }
static inline const char *library_error_sentence(int number) { return strerrordesc_np(number); }
