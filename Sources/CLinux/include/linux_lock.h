// A lock of one word, for what threads of the host program share: nothing of the C library, nothing to be made or destroyed.
#pragma once

#include <stdint.h>

// Takes the lock, which is 0 while nobody has it; others wait without turning (futex(2)).
void linux_lock(uint32_t *word);

// Gives it back.
void linux_unlock(uint32_t *word);
