// Starting a program from a multi-threaded process without running the C library or Swift in the child.
#pragma once

#include <stdint.h>

// What linux_spawn needs. All memory belongs to the caller and must stay valid until linux_spawn returns.
struct linux_spawn_request {
    uint64_t clone_flags;        // CLONE_NEW* and CLONE_INTO_CGROUP; memory sharing is added by linux_spawn
    int32_t cgroup;              // descriptor of the cgroup directory for CLONE_INTO_CGROUP, else ignored
    int32_t program;             // descriptor of the file to execute, or -1 for path
    const char *path;            // the file to execute when there is no descriptor of it
    const char *directory;       // where the program starts, or null for here
    char *const *arguments;      // argv, ends with a null pointer
    char *const *environment;    // envp, ends with a null pointer
    const int32_t *descriptors;  // the only descriptors above 2 that the program gets
    uint32_t descriptor_count;
    int32_t standard[3];         // what becomes descriptors 0, 1 and 2; -1 leaves the caller's
    const int32_t *placements;   // pairs: a descriptor, and the number above 2 that it gets; no number is also a descriptor to place
    uint32_t placement_count;    // how many pairs
    void *stack;                 // lowest address of the child's stack
    uint64_t stack_size;         // bytes
    uint32_t resets_signals;     // not 0: the program starts with the default action of every signal and none blocked
    uint32_t ends_with_caller;   // not 0: the program is killed when the thread that starts it ends (PR_SET_PDEATHSIG)
    // results
    int32_t pidfd;
    int32_t exec_error;          // errno of execveat, 0 when the program runs
    int32_t failed_call;         // which call of the child failed: 0 none, 1 dup3, 2 close_range, 3 fcntl, 4 execution, 5 chdir
};

// Clones a child that shares the caller's memory until it executes (CLONE_VM | CLONE_VFORK) and executes
// request->program in it. All signals are blocked meanwhile and the mask is restored. Returns the child's pid or -errno.
int64_t linux_spawn(struct linux_spawn_request *request);

// What linux_watch needs. All memory belongs to the caller and must stay valid until the watcher has ended.
struct linux_watch {
    struct linux_spawn_request *program;
    void *stack;          // lowest address of the watcher's stack
    uint64_t stack_size;  // bytes
    // results
    int32_t descriptor;   // of the watcher (pidfd_open(2)): readable once it has ended, and the program before it
    int32_t status;       // how the program ended, as wait4(2) says, if result is 1
    int32_t result;       // 1: the program has ended; 0: not yet, or the watcher was killed; else -errno of starting or waiting
};

// Starts a program by a process in between, the watcher, which waits for it in the caller's memory. How the program ends is
// known then whatever else the caller's process does with its children: it may ignore SIGCHLD, or wait for any child there is.
// The program is killed when the thread that calls ends. Returns the watcher's pid or -errno.
int64_t linux_watch(struct linux_watch *watch);

// The descriptor of a watched program, which another process writes; -1 while there is none.
static inline int32_t linux_watched(const struct linux_spawn_request *program)
{
    return __atomic_load_n(&program->pidfd, __ATOMIC_ACQUIRE);
}
