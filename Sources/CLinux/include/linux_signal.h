// A handler of signals that ends the process (sigaction(2)).
#pragma once
#include "linux_system_call.h"

// With the status that a shell tells of the signal. One thread: where a filter refuses to end all, ending that is as good.
static inline void linux_end_on_signal(int32_t number)
{
    for (;;) {
        linux_system_call(__NR_exit_group, (uint64_t)(128 + number), 0, 0, 0, 0, 0);
        linux_system_call(__NR_exit, (uint64_t)(128 + number), 0, 0, 0, 0, 0);
    }
}

static inline uint64_t linux_end_on_signal_address(void)
{
    return (uint64_t)linux_end_on_signal;
}
