// functions SYMBOLS PROGRAM ARGUMENT...: runs the program by single steps and prints the functions that it comes to, each once
// and in that order, to standard error. SYMBOLS is what "nm --numeric-sort" says of the program, which is at a fixed place in
// memory.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct function {
    unsigned long address;
    char *name;
};

static struct function *functions;
static size_t count;

static void read_symbols(FILE *file) {
    char name[8192], kind;
    unsigned long address;
    while (fscanf(file, "%lx %c %8191s\n", &address, &kind, name) == 3) {
        if (strchr("tTwW", kind) == NULL) continue;
        functions = realloc(functions, (count + 1) * sizeof *functions);
        if (functions == NULL) exit(1);
        functions[count++] = (struct function){address, strdup(name)};
    }
}

static void see(unsigned long address) {
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (functions[middle].address <= address) low = middle; else high = middle;
    }
    if (low == high || functions[low].name == NULL) return;
    fprintf(stderr, "%s\n", functions[low].name);
    functions[low].name = NULL;
}

int main(int arguments_count, char **arguments) {
    if (arguments_count < 3) return 2;
    FILE *symbols = fopen(arguments[1], "r");
    if (symbols == NULL) return 2;
    read_symbols(symbols);
    fclose(symbols);
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        if (dup2(1, 2) != 2) _exit(127);
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    int status;
    struct user_regs_struct registers;
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        int signal = WSTOPSIG(status) == 5 ? 0 : WSTOPSIG(status);  // SIGTRAP
        if (signal == 0 && ptrace(PTRACE_GETREGS, child, 0, &registers) == 0) see(registers.rip);
        if (ptrace(PTRACE_SINGLESTEP, child, 0, signal) != 0) return 1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
