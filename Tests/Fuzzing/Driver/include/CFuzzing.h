// What Swift cannot say: libFuzzer's entry, a way out of functions that never return, and memory that is looked at.
#pragma once

#include <stddef.h>
#include <stdint.h>

// libFuzzer, with the caller's own main.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*test)(const uint8_t *bytes, size_t size));

// Calls `body`, and returns when it returns or when fuzzing_leave is called below it. What lies between must own nothing.
void fuzzing_enter(void (*body)(void));
_Noreturn void fuzzing_leave(void);

// Reads `size` bytes, as the kernel would: AddressSanitizer sees whether they are the caller's.
void fuzzing_read(const void *address, size_t size);
// Reads a text that ends with a zero, and says how long it is.
size_t fuzzing_read_text(const char *text);
// Writes `size` bytes.
void fuzzing_write(void *address, int byte, size_t size);
