#include "CLinux.h"

#define call3(n, a, b, c) linux_system_call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define call5(n, a, b, c, d, e) \
    linux_system_call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), 0)

// A watcher runs beside the thread that started it, with that thread's register for thread-local storage: whatever a sanitizer
// would add to these functions is not for it.
#if defined(__clang__)
#define bare __attribute__((disable_sanitizer_instrumentation))
#else
#define bare
#endif

// The default action for every signal, and none blocked. Actions are the child's own: CLONE_SIGHAND is not given, and
// handlers of the caller, which would run in its memory, are gone already (CLONE_CLEAR_SIGHAND).
bare static void reset_signals(void)
{
    // The kernel's struct sigaction: handler, flags, restorer, mask. SIGKILL and SIGSTOP refuse.
    const uint64_t standard[4] = {0};
    for (int signal = 1; signal <= 64; signal++)
        linux_system_call(__NR_rt_sigaction, (uint64_t)signal, (uint64_t)standard, 0, sizeof(uint64_t), 0, 0);
    const uint64_t none = 0;
    linux_system_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&none, 0, sizeof none, 0, 0);
}

// Runs in the child, on its own stack, in the caller's memory. Raw system calls only.
bare __attribute__((noreturn)) static void spawn_child(void *argument)
{
    struct linux_spawn_request *request = argument;
    int64_t error = 0;
    int32_t call = 0;
    for (int target = 0; target < 3; target++) {
        if (request->standard[target] < 0) continue;
        if (request->standard[target] == target)
            error = call3(__NR_fcntl, target, F_SETFD, 0);
        else
            error = call3(__NR_dup3, request->standard[target], target, 0);
        if (error < 0) { call = 1; goto failed; }
    }
    for (uint32_t i = 0; i < request->placement_count; i++) {
        error = call3(__NR_dup3, request->placements[2 * i], request->placements[2 * i + 1], 0);
        if (error < 0) { call = 1; goto failed; }
    }
    error = call3(__NR_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (error < 0) { call = 2; goto failed; }
    for (uint32_t i = 0; i < request->descriptor_count; i++) {
        error = call3(__NR_fcntl, request->descriptors[i], F_SETFD, 0);
        if (error < 0) { call = 3; goto failed; }
    }
    if (request->directory) {
        error = call3(__NR_chdir, request->directory, 0, 0);
        if (error < 0) { call = 5; goto failed; }
    }
    if (request->resets_signals) reset_signals();
    if (request->ends_with_caller) call3(__NR_prctl, PR_SET_PDEATHSIG, 9, 0);  // SIGKILL
    call = 4;
    if (request->program < 0)
        error = call3(__NR_execve, request->path, request->arguments, request->environment);
    else
        error = call5(__NR_execveat, request->program, "", request->arguments, request->environment, AT_EMPTY_PATH);
failed:
    request->exec_error = (int32_t)-error;
    request->failed_call = call;
    for (;;) call3(__NR_exit_group, 127, 0, 0);
}

// clone3 with a stack of its own: the child continues in its function and never returns here.
bare static int64_t clone_child(struct clone_args *arguments, void (*function)(void *), void *argument)
{
    int64_t result;
#if defined(__x86_64__)
    register void *kept __asm__("r12") = argument;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r12, %%rdi\n\t"
                     "call *%[child]\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"((int64_t)__NR_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(kept),
                       [child] "r"(function)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register int64_t x8 __asm__("x8") = __NR_clone3;
    register uint64_t x0 __asm__("x0") = (uint64_t)arguments;
    register uint64_t x1 __asm__("x1") = sizeof *arguments;
    register void *kept __asm__("x20") = argument;
    register void (*child)(void *) __asm__("x21") = function;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, x20\n\t"
                     "blr x21\n\t"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(kept), "r"(child)
                     : "memory", "x30");
    result = (int64_t)x0;
#endif
    return result;
}

// Starts the program; all signals are blocked already.
bare static int64_t spawn(struct linux_spawn_request *request)
{
    request->exec_error = 0;
    request->failed_call = 0;
    request->pidfd = -1;
    struct clone_args arguments = {
        .flags = request->clone_flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)&request->pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)request->stack,
        .stack_size = request->stack_size,
        .cgroup = request->clone_flags & linux_clone_into_cgroup ? (uint64_t)request->cgroup : 0,
    };
    return clone_child(&arguments, spawn_child, request);
}

int64_t linux_spawn(struct linux_spawn_request *request)
{
    uint64_t all = ~0ULL, before = 0;
    linux_system_call(__NR_rt_sigprocmask, SIG_BLOCK, (uint64_t)&all, (uint64_t)&before, sizeof all, 0, 0);
    int64_t pid = spawn(request);
    linux_system_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&before, 0, sizeof before, 0, 0);
    return pid;
}

// Runs in the watcher, on its own stack, in the caller's memory, beside it. Raw system calls only.
bare __attribute__((noreturn)) static void watch_child(void *argument)
{
    struct linux_watch *watch = argument;
    // Ignored, as the caller may have it, the end of the program would be taken away by the kernel.
    const uint64_t standard[4] = {0};
    linux_system_call(__NR_rt_sigaction, SIGCHLD, (uint64_t)standard, 0, sizeof(uint64_t), 0, 0);
    call3(__NR_prctl, PR_SET_PDEATHSIG, 9, 0);  // SIGKILL
    int64_t pid = spawn(watch->program);
    int64_t result = pid;
    while (pid > 0) {
        result = call5(__NR_wait4, pid, &watch->status, 0, 0, 0);
        if (result != -EINTR) break;
    }
    __atomic_store_n(&watch->result, result > 0 ? 1 : (int32_t)result, __ATOMIC_RELEASE);
    for (;;) call3(__NR_exit_group, 0, 0, 0);
}

int64_t linux_watch(struct linux_watch *watch)
{
    int32_t pidfd = -1;
    // Without a signal at its end the watcher is nobody's business: neither does the kernel take it away when SIGCHLD is ignored,
    // nor does a wait for any child find it. Descriptors are shared, so that what it opens is the caller's.
    struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)&pidfd,
        .exit_signal = 0,
        .stack = (uint64_t)watch->stack,
        .stack_size = watch->stack_size,
    };
    watch->program->pidfd = -1;
    watch->status = 0;
    watch->result = 0;
    uint64_t all = ~0ULL, before = 0;
    linux_system_call(__NR_rt_sigprocmask, SIG_BLOCK, (uint64_t)&all, (uint64_t)&before, sizeof all, 0, 0);
    int64_t pid = clone_child(&arguments, watch_child, watch);
    linux_system_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&before, 0, sizeof before, 0, 0);
    watch->descriptor = pidfd;
    return pid;
}
