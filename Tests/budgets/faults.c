// faults FILE PROGRAM ARGUMENT...: runs the program and writes to FILE how many page faults it and the children had that it
// waited for. It borrows this process's memory until it is executed, so that none is of a copy of that.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 3) return 2;
    pid_t child = vfork();
    if (child == 0) {
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 1;
    FILE *file = fopen(arguments[1], "w");
    if (file == NULL || fprintf(file, "%ld\n", usage.ru_minflt + usage.ru_majflt) < 0 || fclose(file) != 0) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
