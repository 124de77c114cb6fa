// The stage's entry point and the three functions that compilers call by themselves.
#pragma once
#include <stdint.h>

// The address of a function that the kernel may call with a signal; it ends in stage_end_on_signal.
uint64_t stage_signal_handler(void);
