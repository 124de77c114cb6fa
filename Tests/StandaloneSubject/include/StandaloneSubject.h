// The functions of Sources/CStandalone under names of their own, so that a test has them beside those of the C library.
#pragma once

#include <stddef.h>

void *_Nullable subject_malloc(size_t wanted);
void subject_free(void *_Nullable given);
void *_Nullable subject_realloc(void *_Nullable old, size_t wanted);
void *_Nullable subject_calloc(size_t count, size_t size);
int subject_posix_memalign(void *_Nullable *_Nonnull result, size_t alignment, size_t size);
size_t subject_malloc_usable_size(void *_Nullable given);

void *_Nonnull subject_memcpy(void *_Nonnull target, const void *_Nonnull source, size_t count);
void *_Nonnull subject_memmove(void *_Nonnull target, const void *_Nonnull source, size_t count);
void *_Nonnull subject_memset(void *_Nonnull target, int value, size_t count);
int subject_memcmp(const void *_Nonnull one, const void *_Nonnull other, size_t count);
size_t subject_strlen(const char *_Nonnull text);
int subject_strcmp(const char *_Nonnull one, const char *_Nonnull other);
int subject_strncmp(const char *_Nonnull one, const char *_Nonnull other, size_t count);

double subject_trunc(double number);
double subject_floor(double number);
double subject_ceil(double number);
double subject_round(double number);
