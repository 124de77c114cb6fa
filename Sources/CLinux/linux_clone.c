#include "CLinux.h"

#define call3(n, a, b, c) linux_system_call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define call5(n, a, b, c, d, e) \
    linux_system_call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), 0)

// The default action for every signal, and none blocked. Actions are the child's own: CLONE_SIGHAND is not given, and
// handlers of the caller, which would run in its memory, are gone already (CLONE_CLEAR_SIGHAND).
static void reset_signals(void)
{
    // The kernel's struct sigaction: handler, flags, restorer, mask. SIGKILL and SIGSTOP refuse.
    const uint64_t standard[4] = {0};
    for (int signal = 1; signal <= 64; signal++)
        linux_system_call(__NR_rt_sigaction, (uint64_t)signal, (uint64_t)standard, 0, sizeof(uint64_t), 0, 0);
    const uint64_t none = 0;
    linux_system_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&none, 0, sizeof none, 0, 0);
}

// Runs in the child, on its own stack, in the caller's memory. Raw system calls only.
__attribute__((noreturn, used)) static void spawn_child(struct linux_spawn_request *request)
{
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

// clone3 with a stack of its own: the child continues in spawn_child and never returns here.
static int64_t clone_child(struct clone_args *arguments, struct linux_spawn_request *request)
{
    int64_t result;
#if defined(__x86_64__)
    register struct linux_spawn_request *kept __asm__("r12") = request;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r12, %%rdi\n\t"
                     "call *%[child]\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"((int64_t)__NR_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(kept),
                       [child] "r"(spawn_child)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register int64_t x8 __asm__("x8") = __NR_clone3;
    register uint64_t x0 __asm__("x0") = (uint64_t)arguments;
    register uint64_t x1 __asm__("x1") = sizeof *arguments;
    register struct linux_spawn_request *kept __asm__("x20") = request;
    register void (*child)(struct linux_spawn_request *) __asm__("x21") = spawn_child;
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

int64_t linux_spawn(struct linux_spawn_request *request)
{
    int32_t pidfd = -1;
    struct clone_args arguments = {
        .flags = request->clone_flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)&pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)request->stack,
        .stack_size = request->stack_size,
        .cgroup = request->clone_flags & linux_clone_into_cgroup ? (uint64_t)request->cgroup : 0,
    };
    request->exec_error = 0;
    request->failed_call = 0;
    request->pidfd = -1;
    uint64_t all = ~0ULL, before = 0;
    linux_system_call(__NR_rt_sigprocmask, SIG_BLOCK, (uint64_t)&all, (uint64_t)&before, sizeof all, 0, 0);
    int64_t pid = clone_child(&arguments, request);
    linux_system_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&before, 0, sizeof before, 0, 0);
    request->pidfd = pidfd;
    return pid;
}
