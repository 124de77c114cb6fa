#ifdef VELOCI_STANDALONE
#include "CStandalone.h"

#include <elf.h>
#include <stdint.h>

#include "../CLinux/include/linux_system_call.h"

char *_Nullable *_Nonnull environ;
const unsigned char *standalone_random;

int main(int count, char **arguments, char **environment);

extern void (*const __init_array_start[])(int, char **, char **) __attribute__((weak, visibility("hidden")));
extern void (*const __init_array_end[])(int, char **, char **) __attribute__((weak, visibility("hidden")));

// What compilers keep beside a thread. libseccomp is compiled with a guard behind each frame, which is compared with the one here.
#if defined(__x86_64__)
static struct {
    // The thread pointer points to itself.
    void *self;
    uint64_t unused[4];
    // At 0x28, as the ABI has it.
    uint64_t guard;
    uint64_t more[10];
} thread __attribute__((aligned(64)));

static void set_thread(uint64_t guard)
{
    thread.self = &thread;
    thread.guard = guard;
    // arch_prctl(2), ARCH_SET_FS.
    linux_system_call(__NR_arch_prctl, 0x1002, (uint64_t)&thread, 0, 0, 0, 0);
}
#elif defined(__aarch64__)
static uint64_t thread[16] __attribute__((aligned(64)));
uint64_t __stack_chk_guard;

static __attribute__((no_stack_protector)) void set_thread(uint64_t guard)
{
    __stack_chk_guard = guard;
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(thread));
}
#endif

static uint64_t processor_features;

// libgcc asks whether there are atomic instructions.
unsigned long __getauxval(unsigned long type)
{
    return type == AT_HWCAP ? processor_features : 0;
}

// The stack as the kernel leaves it (System V ABI, process initialisation): the count of arguments, the arguments, a null
// pointer, the environment, a null pointer, and pairs of a type and a value.
__attribute__((no_stack_protector, noreturn, used)) void standalone_start(uint64_t *stack)
{
    int count = (int)stack[0];
    char **arguments = (char **)(stack + 1);
    environ = arguments + count + 1;
    char **rest = environ;
    while (*rest) rest++;
    for (const Elf64_auxv_t *entry = (const Elf64_auxv_t *)(rest + 1); entry->a_type != AT_NULL; entry++) {
        if (entry->a_type == AT_RANDOM) standalone_random = (const unsigned char *)entry->a_un.a_val;
        if (entry->a_type == AT_HWCAP) processor_features = entry->a_un.a_val;
    }
    uint64_t guard = 0;
    for (int index = 1; index < 8; index++) guard = guard << 8 | standalone_random[index];
    // Its first byte is zero, so that text that runs over cannot hold it.
    set_thread(guard << 8);
    for (void (*const *constructor)(int, char **, char **) = __init_array_start; constructor < __init_array_end; constructor++)
        (*constructor)(count, arguments, environ);
    uint64_t status = (uint64_t)main(count, arguments, environ);
    for (;;) linux_system_call(__NR_exit_group, status & 0xff, 0, 0, 0, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall standalone_start\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tmov x0, sp\n\tbl standalone_start\n\tbrk #1\n");
#endif
#endif
