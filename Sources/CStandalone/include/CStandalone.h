// What the executable has in place of the C library, which costs more to start than a short command does: a static program of the
// GNU C library asks the processor for its features some forty times, each a trap in a virtual machine, looks for itself in
// /proc, and touches twenty pages, before main. Here is what the host side and libseccomp call, for one thread, and no more.
// A function that is missing is an error of the linker.
//
// Only the toolset of the installed executable (Sources/VelociExecutable/embedded.json) defines VELOCI_STANDALONE; without it
// all of this is empty, and a program is linked with its C library as ever.
#pragma once

#ifdef VELOCI_STANDALONE
#include <stddef.h>

// The bytes of what the kernel sets aside for random numbers at the start of a process (getauxval(3), AT_RANDOM): sixteen, of
// which the first eight guard the stack.
extern const unsigned char *_Nonnull standalone_random;

extern char *_Nullable *_Nonnull environ;
#endif
