// floor: the system calls that running one container cannot do without, and nothing else: what a run costs at the very least.
// It reads no configuration, checks nothing and reports errors by their line. What it makes is what "veloci spec" describes.
//
//   floor v1|v2 ROOTFS STATE NAME [FILTER|-] [limits] [user]
//
// FILTER is a classic BPF program as the kernel takes it; "limits" are those of the benchmark's bundle; "user" adds a user
// namespace. One system call does what one can: no path is resolved twice, nothing is looked at.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call) ({ __typeof__(call) result_ = (call); if (result_ < 0) fail(__LINE__); result_; })

static void fail(int line) {
    dprintf(2, "floor.c:%d: %s\n", line, strerror(errno));
    _exit(1);
}

enum { most = 16 };
static int version, limited, user, count, joins[most];
static char hierarchies[most][64], groups[most][256];
static const char *name, *root;
static struct sock_fprog filter;

static void put(const char *directory, const char *file, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    int descriptor = MUST(open(path, O_WRONLY | O_CLOEXEC));
    MUST(write(descriptor, text, strlen(text)));
    close(descriptor);
}

static void copy(const char *from, const char *to, const char *file) {
    char path[400], text[256];
    snprintf(path, sizeof path, "%s/%s", from, file);
    int descriptor = MUST(open(path, O_RDONLY | O_CLOEXEC));
    int length = MUST(read(descriptor, text, sizeof text - 1));
    close(descriptor);
    text[length] = 0;
    put(to, file, text);
}

// Version 1 has a hierarchy for each controller; they lie where /proc/self/cgroup names them.
static void find_hierarchies(void) {
    char text[4096], *rest = text, *line;
    int descriptor = MUST(open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC));
    text[MUST(read(descriptor, text, sizeof text - 1))] = 0;
    close(descriptor);
    while ((line = strsep(&rest, "\n")) && *line && count < most) {
        strsep(&line, ":");
        char *controllers = strsep(&line, ":");
        if (!*controllers) continue;
        if (!strncmp(controllers, "name=", 5)) controllers += 5;
        snprintf(hierarchies[count++], sizeof hierarchies[0], "%s", controllers);
    }
}

// Version 2 asks a program: anything may be made, the usual devices may be used.
static void filter_devices(int group) {
#define INSN(c, d, s, o, i) {.code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i}
#define IS(register, value, jump) INSN(BPF_JMP | BPF_JEQ | BPF_K, register, 0, jump, value)
    struct bpf_insn program[] = {
        INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0), INSN(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0),
        INSN(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 8, 0), INSN(BPF_ALU | BPF_RSH | BPF_K, 2, 0, 0, 16),
        IS(2, BPF_DEVCG_ACC_MKNOD, 13), IS(3, 136, 12), IS(3, 5, 7), INSN(BPF_JMP | BPF_JNE | BPF_K, 3, 0, 8, 1),
        IS(4, 3, 9), IS(4, 5, 8), IS(4, 7, 7), IS(4, 8, 6), IS(4, 9, 5),
        INSN(BPF_JMP | BPF_JA, 0, 0, 2, 0), INSN(BPF_JMP | BPF_JGT | BPF_K, 4, 0, 1, 2), INSN(BPF_JMP | BPF_JA, 0, 0, 2, 0),
        INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
        INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = sizeof program / sizeof *program,
                           .insns = (uintptr_t)program, .license = (uintptr_t) "GPL"};
    int loaded = MUST(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load));
    union bpf_attr attach = {.target_fd = group, .attach_bpf_fd = loaded, .attach_type = BPF_CGROUP_DEVICE,
                             .attach_flags = BPF_F_ALLOW_MULTI};
    MUST(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));
    close(loaded);
}

static void limit(const char *hierarchy, const char *group) {
    static const char *const devices[] = {"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm",
                                          "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
    if (!strcmp(hierarchy, "cpuset")) {
        copy("/sys/fs/cgroup/cpuset", group, "cpuset.cpus");
        copy("/sys/fs/cgroup/cpuset", group, "cpuset.mems");
    } else if (!strcmp(hierarchy, "devices")) {
        put(group, "devices.deny", "a");
        for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++) put(group, "devices.allow", devices[i]);
    }
    if (!limited) return;
    if (!strcmp(hierarchy, "pids")) put(group, "pids.max", "100");
    if (!strcmp(hierarchy, "memory")) put(group, "memory.limit_in_bytes", "268435456");
    if (!strncmp(hierarchy, "cpu", 3) && hierarchy[3] != 's' && strcmp(hierarchy, "cpuacct")) {
        put(group, "cpu.shares", "512");
        put(group, "cpu.cfs_period_us", "100000");
        put(group, "cpu.cfs_quota_us", "50000");
    }
}

static void make_groups(void) {
    if (version == 2) {
        snprintf(groups[0], sizeof groups[0], "/sys/fs/cgroup/%s", name);
        count = 1;
        MUST(mkdir(groups[0], 0755));
        joins[0] = MUST(open(groups[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return filter_devices(joins[0]);
    }
    find_hierarchies();
    for (int i = 0; i < count; i++) {
        char tasks[300];
        snprintf(groups[i], sizeof groups[i], "/sys/fs/cgroup/%.63s/%.99s", hierarchies[i], name);
        MUST(mkdir(groups[i], 0755));
        limit(hierarchies[i], groups[i]);
        snprintf(tasks, sizeof tasks, "%s/tasks", groups[i]);
        joins[i] = MUST(open(tasks, O_WRONLY | O_CLOEXEC));
    }
}

static void mount_groups(void) {
    const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME;
    if (version == 2) {
        MUST(mount("cgroup2", "sys/fs/cgroup", "cgroup2", flags | MS_RDONLY, 0));
        return;
    }
    MUST(mount("tmpfs", "sys/fs/cgroup", "tmpfs", flags, "mode=755"));
    for (int i = 0; i < count; i++) {
        char path[96], named[96];
        int systemd = !strcmp(hierarchies[i], "systemd");
        snprintf(path, sizeof path, "sys/fs/cgroup/%.63s", hierarchies[i]);
        snprintf(named, sizeof named, systemd ? "none,name=%.63s" : "%.63s", hierarchies[i]);
        MUST(mkdir(path, 0755));
        MUST(mount("cgroup", path, "cgroup", flags | MS_RDONLY, named));
    }
    MUST(mount(0, "sys/fs/cgroup", 0, flags | MS_RDONLY | MS_REMOUNT | MS_BIND, 0));
}

static void make_devices(void) {
    static const struct { const char *name; int major, minor; } nodes[] = {
        {"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        char inside[32], outside[32];
        snprintf(inside, sizeof inside, "dev/%s", nodes[i].name);
        if (!user) {
            MUST(mknod(inside, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
            continue;
        }
        snprintf(outside, sizeof outside, "/dev/%s", nodes[i].name);
        close(MUST(open(inside, O_CREAT | O_CLOEXEC, 0666)));
        MUST(mount(outside, inside, 0, MS_BIND, 0));
    }
    MUST(symlink("/proc/self/fd", "dev/fd"));
    MUST(symlink("/proc/self/fd/0", "dev/stdin"));
    MUST(symlink("/proc/self/fd/1", "dev/stdout"));
    MUST(symlink("/proc/self/fd/2", "dev/stderr"));
    MUST(symlink("pts/ptmx", "dev/ptmx"));
}

static void hide(void) {
    static const char *const fixed[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
    static const char *const masked[] = {
        "proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/sched_debug",
        "proc/scsi", "proc/timer_list", "proc/timer_stats", "sys/devices/virtual/powercap", "sys/firmware"};
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (mount(fixed[i], fixed[i], 0, MS_BIND | MS_REC, 0)) continue;
        MUST(mount(0, fixed[i], 0, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
    }
    for (unsigned i = 0; i < sizeof masked / sizeof *masked; i++) {
        if (!mount("dev/null", masked[i], 0, MS_BIND, 0) || errno != ENOTDIR) continue;
        MUST(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, 0));
    }
}

static void build_root(void) {
    MUST(mount(0, "/", 0, MS_SLAVE | MS_REC, 0));
    MUST(mount(root, root, 0, MS_BIND | MS_REC, 0));
    MUST(chdir(root));
    MUST(mount("proc", "proc", "proc", 0, 0));
    MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
    MUST(mkdir("dev/pts", 0755));
    MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    MUST(mkdir("dev/shm", 0755));
    MUST(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"));
    MUST(mkdir("dev/mqueue", 0755));
    MUST(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, 0));
    MUST(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, 0));
    mount_groups();
    make_devices();
    hide();
    MUST(mount(0, ".", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
    MUST(syscall(SYS_pivot_root, ".", "."));
    MUST(umount2(".", MNT_DETACH));
    MUST(chdir("/"));
}

static void restrict_process(void) {
    const uint32_t kept = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
    struct rlimit files = {1024, 1024};
    MUST(setrlimit(RLIMIT_NOFILE, &files));
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (capability > 31 || !(kept >> capability & 1)) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{kept, kept, 0}, {0, 0, 0}};
    MUST(syscall(SYS_capset, &header, sets));
    if (filter.len) MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}

static void container(int mapped) {
    static char *const arguments[] = {"true", 0}, *const environment[] = {"PATH=/bin", 0};
    char byte;
    if (version == 1)
        for (int i = 0; i < count; i++) MUST(write(joins[i], "0", 1));
    if (user) {
        MUST(read(mapped, &byte, 1));
        MUST(setresgid(0, 0, 0));
        MUST(setresuid(0, 0, 0));
    }
    MUST(unshare(CLONE_NEWCGROUP));
    int internet = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    MUST(ioctl(internet, SIOCSIFFLAGS, &loopback));
    close(internet);
    setsid();
    syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, "floor");
    MUST(sethostname("floor", 5));
    umask(0);
    build_root();
    umask(022);
    restrict_process();
    MUST(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
    execve("/bin/true", arguments, environment);
    fail(__LINE__);
}

// The stack stays the parent's when memory is shared: nothing may return between the call and the program.
static inline __attribute__((always_inline)) long clone3(struct clone_args *arguments) {
#if defined __x86_64__
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments) : "rcx", "r11", "memory");
    return result;
#elif defined __aarch64__
    register long x8 __asm__("x8") = SYS_clone3, x0 __asm__("x0") = (long)arguments, x1 __asm__("x1") = sizeof *arguments;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
#endif
}

static void load_filter(const char *path) {
    static struct sock_filter instructions[BPF_MAXINSNS];
    int descriptor = MUST(open(path, O_RDONLY | O_CLOEXEC));
    filter.len = MUST(read(descriptor, instructions, sizeof instructions)) / sizeof *instructions;
    filter.filter = instructions;
    close(descriptor);
}

int main(int number, char **words) {
    char directory[400], file[500], process[64];
    int gate[2] = {-1, -1}, status;
    if (number < 5) return 2;
    version = words[1][1] - '0', root = words[2], name = words[4];
    if (number > 5 && strcmp(words[5], "-")) load_filter(words[5]);
    for (int i = 6; i < number; i++) limited |= *words[i] == 'l', user |= *words[i] == 'u';
    snprintf(directory, sizeof directory, "%s/%s", words[3], name);
    snprintf(file, sizeof file, "%s/state", directory);
    MUST(mkdir(directory, 0700));
    make_groups();
    if (user) MUST(pipe2(gate, O_CLOEXEC));
    struct clone_args arguments = {
        .flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | (user ? CLONE_NEWUSER : CLONE_VM | CLONE_VFORK)
               | (version == 2 ? CLONE_INTO_CGROUP : 0),
        .exit_signal = SIGCHLD, .cgroup = version == 2 ? joins[0] : 0};
    long child = clone3(&arguments);
    if (child == 0) container(gate[0]);
    if (child < 0) errno = -child, fail(__LINE__);
    if (user) {
        snprintf(process, sizeof process, "/proc/%ld", child);
        put(process, "uid_map", "0 100000 65536");
        put(process, "gid_map", "0 100000 65536");
        MUST(write(gate[1], "", 1));
    }
    int state = MUST(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    MUST(write(state, &child, sizeof child));
    close(state);
    MUST(waitpid(child, &status, 0));
    for (int i = 0; i < count; i++) MUST(rmdir(groups[i]));
    MUST(unlink(file));
    MUST(rmdir(directory));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
