#ifdef VELOCI_STANDALONE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "../CLinux/include/linux_system_call.h"

// Memory for one thread: blocks of some sizes, cut from the front of a region, and a list of the free ones for each size.
//
// Before each block that is handed out stands its size with what is before it, a multiple of 16; the block itself begins at a
// multiple of 16. Free blocks keep the next one of their size in their first bytes.

enum {
    before = sizeof(size_t),
    // Sizes up to this go in steps of 16, further ones in four steps to each doubling.
    small = 1024,
    small_kinds = small / 16 + 1,
    // Larger blocks have a mapping of their own.
    large = 1 << 20,
    kinds = small_kinds + 4 * 10 + 1,
    region_size = 1 << 20,
};

static char first_region[1 << 18] __attribute__((aligned(4096)));
static char *region = first_region + before;
static char *region_end = first_region + sizeof first_region;
static void *free_blocks[kinds];

static size_t *size_of(void *block)
{
    return (size_t *)block - 1;
}

// The kind of a size, and the size of all blocks of that kind.
static __attribute__((noinline)) int kind_of_many(size_t *size)
{
    int doublings = 63 - __builtin_clzl(*size - 1);
    size_t step = (size_t)1 << (doublings - 2);
    *size = (*size + step - 1) & ~(step - 1);
    return small_kinds + 4 * (doublings - 10) + (int)((*size - ((size_t)1 << doublings)) / step) - 1;
}

static inline __attribute__((always_inline)) int kind_of(size_t *size)
{
    return *size <= small ? (int)(*size / 16) : kind_of_many(size);
}

static void *map(size_t size)
{
    int64_t result = linux_system_call(
        __NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0);
    return result < 0 ? NULL : (void *)result;
}

static void *refuse(void)
{
    errno = ENOMEM;
    return NULL;
}

// The next block of the region, which has room for it.
static inline __attribute__((always_inline)) void *cut(size_t size)
{
    void *block = region + before;
    region += size;
    *size_of(block) = size;
    return block;
}

void *malloc(size_t wanted)
{
    if (wanted > PTRDIFF_MAX / 2) return refuse();
    size_t size = (wanted + before + 15) & ~(size_t)15;
    if (size < 32) size = 32;
    if (size > large) {
        // Sixteen bytes, so that the block is at a multiple of them.
        char *mapping = map(size + 16);
        if (!mapping) return refuse();
        *size_of(mapping + 16) = size + 16;
        return mapping + 16;
    }
    int kind = kind_of(&size);
    void *block = free_blocks[kind];
    if (block) {
        free_blocks[kind] = *(void **)block;
        return block;
    }
    if ((size_t)(region_end - region) < size) {
        // What is left of the last region is lost; the next is as large as four of the largest blocks would have been at first.
        size_t next = region_size < 2 * size ? 2 * size : region_size;
        char *mapping = map(next);
        if (!mapping) return refuse();
        region = mapping + before;
        region_end = mapping + next;
    }
    return cut(size);
}

// A block inside of another, for its place: what stands before it is how far, in twice the bytes and one.
static void *whole(void *block)
{
    size_t size = *size_of(block);
    return size & 1 ? (char *)block - (size >> 1) : block;
}

// Gives back a block that is large, or was handed out from inside.
static __attribute__((noinline)) void free_other(void *block)
{
    block = whole(block);
    size_t size = *size_of(block);
    if (size > large) {
        linux_system_call(__NR_munmap, (uint64_t)block - 16, size, 0, 0, 0, 0);
        return;
    }
    int kind = kind_of(&size);
    *(void **)block = free_blocks[kind];
    free_blocks[kind] = block;
}

void free(void *block)
{
    if (!block) return;
    // Almost always a small one. One that was handed out from inside has an odd number before it.
    size_t size = *size_of(block);
    if (size > small || size & 1) return free_other(block);
    *(void **)block = free_blocks[size / 16];
    free_blocks[size / 16] = block;
}

size_t malloc_usable_size(void *given)
{
    if (!given) return 0;
    char *block = whole(given);
    size_t size = *size_of(block);
    return size - (size > large ? 16 : before) - (size_t)((char *)given - block);
}

void *realloc(void *old, size_t wanted)
{
    if (!old) return malloc(wanted);
    size_t size = malloc_usable_size(old);
    if (wanted <= size) return old;
    void *block = malloc(wanted);
    if (!block) return NULL;
    memcpy(block, old, size);
    free(old);
    return block;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse();
    void *block = malloc(bytes);
    if (block) memset(block, 0, bytes);
    return block;
}

static __attribute__((noinline)) int align(void **result, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || alignment & (alignment - 1)) return EINVAL;
    if (size > PTRDIFF_MAX / 4 || alignment > PTRDIFF_MAX / 4) return ENOMEM;
    char *block = malloc(alignment < 16 ? size : size + alignment);
    if (!block) return ENOMEM;
    char *place = (char *)(((uintptr_t)block + alignment - 1) & ~(alignment - 1));
    if (place != block) *size_of(place) = (size_t)(place - block) << 1 | 1;
    *result = place;
    return 0;
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    // Almost always: what every block's place is a multiple of (Swift asks for 8 or 16), and a small one.
    if (alignment != 8 && alignment != 16) return align(result, alignment, size);
    void *block;
    if (size - 16 < small - 32) {
        size_t whole = (size + before + 15) & ~(size_t)15;
        block = free_blocks[whole / 16];
        if (block) {
            free_blocks[whole / 16] = *(void **)block;
            *result = block;
            return 0;
        }
        if ((size_t)(region_end - region) >= whole) {
            *result = cut(whole);
            return 0;
        }
    }
    block = malloc(size);
    *result = block;
    return block ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    void *block;
    int error = posix_memalign(&block, alignment < 8 ? 8 : alignment, size);
    if (!error) return block;
    errno = error;
    return NULL;
}
#endif
