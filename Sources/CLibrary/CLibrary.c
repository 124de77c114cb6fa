#define _GNU_SOURCE 1
#include "CLibrary.h"

#include <regex.h>

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

int library_matches(const char *expression, const char *text, char *reason, size_t room)
{
    regex_t compiled;
    int problem = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB);
    if (problem != 0) {
        regerror(problem, &compiled, reason, room);
        return -1;
    }
    int result = regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    return result == 0;
}
