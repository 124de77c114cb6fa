#include <stddef.h>

// Compilers may call these for assignments; there is no C library to supply them.
void *memset(void *target, int value, size_t count)
{
    for (size_t i = 0; i < count; i++) ((volatile unsigned char *)target)[i] = (unsigned char)value;
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((volatile unsigned char *)target)[i] = ((const unsigned char *)source)[i];
    return target;
}

void *memmove(void *target, const void *source, size_t count)
{
    volatile unsigned char *to = target;
    const unsigned char *from = source;
    if (to < from)
        for (size_t i = 0; i < count; i++) to[i] = from[i];
    else
        while (count--) to[count] = from[count];
    return target;
}
