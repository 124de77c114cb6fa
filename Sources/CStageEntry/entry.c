#include "CStageEntry.h"

// The kernel enters here with the argument count at the top of the stack (System V ABI, process initialisation).
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall stage_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tmov x0, sp\n\tbl stage_main\n\tbrk #1\n");
#endif
