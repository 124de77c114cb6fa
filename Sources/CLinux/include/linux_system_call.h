// Raw system calls. The result is what the kernel returned: a value, or -errno. The C library's errno is never
// touched, so these may be used in a child that shares memory with its parent.
#pragma once

#include <stdint.h>
#include <asm/unistd.h>

#if defined(__x86_64__)

static inline __attribute__((always_inline)) int64_t linux_system_call(
    int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    int64_t result;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

// A system call as programs of 32 bits make it, by the numbers of that architecture.
static inline __attribute__((always_inline)) int64_t linux_system_call_32(
    int32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    int32_t result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

static inline __attribute__((always_inline)) int64_t linux_system_call(
    int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    register int64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = a;
    register uint64_t x1 __asm__("x1") = b;
    register uint64_t x2 __asm__("x2") = c;
    register uint64_t x3 __asm__("x3") = d;
    register uint64_t x4 __asm__("x4") = e;
    register uint64_t x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return (int64_t)x0;
}

#else
#error "veloci knows the system calls of x86-64 and arm64 only"
#endif

// The end of a process that no filter of system calls can prevent: an instruction that does not exist.
static inline _Noreturn __attribute__((always_inline)) void linux_trap(void)
{
    __builtin_trap();
}
