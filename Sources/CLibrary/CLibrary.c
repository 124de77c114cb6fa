#define _GNU_SOURCE 1
#include "CLibrary.h"

const char *library_error_name(int number)
{
    return strerrorname_np(number);
}

const char *library_error_sentence(int number)
{
    return strerrordesc_np(number);
}

char **library_environment(void)
{
    return environ;
}
