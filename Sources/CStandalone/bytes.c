#ifdef VELOCI_STANDALONE
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Copying, filling and comparing. A compiler knows these functions and would put calls of them in their place: it must not here.
#define plain __attribute__((no_builtin, no_stack_protector))

typedef uint64_t word __attribute__((may_alias, aligned(1)));
typedef uint32_t half __attribute__((may_alias, aligned(1)));
typedef uint16_t quarter __attribute__((may_alias, aligned(1)));
typedef unsigned char chunk __attribute__((vector_size(16), may_alias, aligned(1)));

// All of what is copied is read before anything of it is written, up to 32 bytes.
static inline __attribute__((always_inline)) int copy_few(unsigned char *to, const unsigned char *from, size_t count)
{
    if (count > 32) return 0;
    if (count > 16) {
        chunk head = *(const chunk *)from, tail = *(const chunk *)(from + count - 16);
        *(chunk *)to = head;
        *(chunk *)(to + count - 16) = tail;
    } else if (count >= 8) {
        word head = *(const word *)from, tail = *(const word *)(from + count - 8);
        *(word *)to = head;
        *(word *)(to + count - 8) = tail;
    } else if (count >= 4) {
        half head = *(const half *)from, tail = *(const half *)(from + count - 4);
        *(half *)to = head;
        *(half *)(to + count - 4) = tail;
    } else if (count >= 2) {
        quarter head = *(const quarter *)from, tail = *(const quarter *)(from + count - 2);
        *(quarter *)to = head;
        *(quarter *)(to + count - 2) = tail;
    } else if (count) {
        *to = *from;
    }
    return 1;
}

static inline __attribute__((always_inline)) void copy_forward(unsigned char *to, const unsigned char *from, size_t count)
{
    chunk tail = *(const chunk *)(from + count - 16);
    unsigned char *last = to + count - 16;
    for (; to < last; to += 16, from += 16) *(chunk *)to = *(const chunk *)from;
    *(chunk *)last = tail;
}

plain void *memcpy(void *restrict target, const void *restrict source, size_t count)
{
    if (!copy_few(target, source, count)) copy_forward(target, source, count);
    return target;
}

plain void *memmove(void *target, const void *source, size_t count)
{
    unsigned char *to = target;
    const unsigned char *from = source;
    if (copy_few(to, from, count)) return target;
    if ((uintptr_t)to - (uintptr_t)from >= count) {
        copy_forward(to, from, count);
    } else {
        // The target lies behind the source's begin: from the end on.
        chunk head = *(const chunk *)from;
        size_t rest = count;
        for (; rest > 16; rest -= 16) *(chunk *)(to + rest - 16) = *(const chunk *)(from + rest - 16);
        *(chunk *)to = head;
    }
    return target;
}

plain void *memset(void *target, int value, size_t count)
{
    unsigned char *to = target;
    word pattern = (unsigned char)value * 0x0101010101010101U;
    if (count < 8) {
        for (size_t index = 0; index < count; index++) ((volatile unsigned char *)to)[index] = (unsigned char)value;
        return target;
    }
    unsigned char *last = to + count - 8;
    chunk wide = (chunk){} + (unsigned char)value;
    for (; to + 16 <= last; to += 16) *(chunk *)to = wide;
    for (; to < last; to += 8) *(word *)to = pattern;
    *(word *)last = pattern;
    return target;
}

plain int memcmp(const void *one, const void *other, size_t count)
{
    const unsigned char *left = one, *right = other;
    while (count >= 8 && *(const word *)left == *(const word *)right) {
        left += 8;
        right += 8;
        count -= 8;
    }
    for (; count; count--, left++, right++)
        if (*left != *right) return *left - *right;
    return 0;
}

plain size_t strlen(const char *text)
{
    const char *end = text;
    while (*end) end++;
    return (size_t)(end - text);
}

plain int strcmp(const char *one, const char *other)
{
    while (*one && *one == *other) {
        one++;
        other++;
    }
    return *(const unsigned char *)one - *(const unsigned char *)other;
}

plain int strncmp(const char *one, const char *other, size_t count)
{
    for (; count; count--, one++, other++) {
        if (*one != *other) return *(const unsigned char *)one - *(const unsigned char *)other;
        if (!*one) break;
    }
    return 0;
}
#endif
