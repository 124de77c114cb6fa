// Headers first: only the definitions below get other names.
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "StandaloneSubject.h"

#define VELOCI_STANDALONE
#define malloc subject_malloc
#define free subject_free
#define realloc subject_realloc
#define calloc subject_calloc
#define posix_memalign subject_posix_memalign
#define aligned_alloc subject_aligned_alloc
#define malloc_usable_size subject_malloc_usable_size
#define memcpy subject_memcpy
#define memmove subject_memmove
#define memset subject_memset
#define memcmp subject_memcmp
#define strlen subject_strlen
#define strcmp subject_strcmp
#define strncmp subject_strncmp
#define trunc subject_trunc
#define floor subject_floor
#define ceil subject_ceil
#define round subject_round

#include "../../Sources/CStandalone/bytes.c"
#include "../../Sources/CStandalone/memory.c"
#include "../../Sources/CStandalone/rounding.c"
