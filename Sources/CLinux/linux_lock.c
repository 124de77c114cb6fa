#include "CLinux.h"

// 0: free. 1: taken. 2: taken, and somebody may wait.

// FUTEX_WAIT_PRIVATE and FUTEX_WAKE_PRIVATE.
enum { wait_private = 128, wake_private = 129 };

void linux_lock(uint32_t *word)
{
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(word, &seen, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
        linux_system_call(__NR_futex, (uint64_t)word, wait_private, 2, 0, 0, 0);
}

void linux_unlock(uint32_t *word)
{
    if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
        linux_system_call(__NR_futex, (uint64_t)word, wake_private, 1, 0, 0, 0);
}
