#include "CFuzzing.h"

#include <setjmp.h>
#include <string.h>

static jmp_buf place;

void fuzzing_enter(void (*body)(void))
{
    if (setjmp(place) == 0)
        body();
}

void fuzzing_leave(void)
{
    longjmp(place, 1);
}

void fuzzing_read(const void *address, size_t size)
{
    static volatile uint8_t sum;
    const uint8_t *bytes = address;
    for (size_t index = 0; index < size; index++)
        sum ^= bytes[index];
}

size_t fuzzing_read_text(const char *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

void fuzzing_write(void *address, int byte, size_t size)
{
    memset(address, byte, size);
}
