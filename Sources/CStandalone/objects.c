#if defined(VELOCI_STANDALONE) || defined(VELOCI_EMBEDDED)
#include <stdint.h>

// A reference in which a String keeps bits of its own: the four uppermost say what it is, and those of a short one are no reference
// at all. The uppermost of all says that nothing is counted.
//
// The compiler takes what these functions return for what they were given, and Swift's own for Embedded programs (6.3) return it
// without the bits: on arm64 short strings come back as something else. Theirs are weak, these take their place.

void *swift_retain(void *object);
void swift_release(void *object);
void *swift_bridgeObjectRetain(void *object);
void *swift_bridgeObjectRetain_n(void *object, uint32_t count);
void swift_bridgeObjectRelease(void *object);

static const uintptr_t uncounted = 1ull << 63, reference = 0x8ffffffffffffff8;

void *swift_bridgeObjectRetain(void *object)
{
    return swift_bridgeObjectRetain_n(object, 1);
}

void *swift_bridgeObjectRetain_n(void *object, uint32_t count)
{
    uintptr_t bits = (uintptr_t)object;
    if (!(bits & uncounted) && (bits & reference))
        for (; count > 0; count--) swift_retain((void *)(bits & reference));
    return object;
}

// Theirs is right, but asks three functions in turn; most texts are short or stand in the program, where nothing is counted.
void swift_bridgeObjectRelease(void *object)
{
    uintptr_t bits = (uintptr_t)object;
    if (!(bits & uncounted) && (bits & reference)) swift_release((void *)(bits & reference));
}
#endif
