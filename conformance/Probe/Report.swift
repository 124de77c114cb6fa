import CLinux

extension Probe {
    /// Everything that can be seen from inside without changing anything.
    mutating func report() {
        output.member("pid", call(__NR_getpid))
        output.member("parent", call(__NR_getppid))
        output.member("session", call(__NR_getsid, 0))
        output.member("group", call(__NR_getpgid, 0))
        identity()
        start()
        unsafe output.name("cwd")
        let size = unsafe call(__NR_getcwd, word(scratch), 4096)
        if size <= 0 { output.null() } else { unsafe output.string(UnsafePointer(scratch)) }
        // umask can only be read by setting it; the second call puts it back.
        let umask = call(__NR_umask, 0)
        _ = call(__NR_umask, UInt64(umask))
        output.member("umask", umask)
        names()
        namespaces()
        file("mountinfo", "/proc/self/mountinfo")
        file("status", "/proc/self/status")
        file("cgroup", "/proc/self/cgroup")
        file("oomScoreAdj", "/proc/self/oom_score_adj")
        file("timeOffsets", "/proc/self/timens_offsets")
        file("securityLabel", "/proc/self/attr/current")
        limits()
        descriptors()
        scheduling()
        clocks()
        terminals()
        devices()
    }

    private mutating func identity() {
        ids("uids", __NR_getresuid)
        ids("gids", __NR_getresgid)
        unsafe output.name("groups")
        output.beginArray()
        let count = unsafe call(__NR_getgroups, 65536, word(scratch))
        for index in 0..<Int(max(0, count)) {
            unsafe output.number(UInt64(UnsafeRawPointer(scratch).load(fromByteOffset: index * 4, as: UInt32.self)))
        }
        output.endArray()
        output.member("noNewPrivileges", call(__NR_prctl, UInt64(PR_GET_NO_NEW_PRIVS)))
        output.member("seccomp", call(__NR_prctl, UInt64(PR_GET_SECCOMP)))
        output.member("secureBits", call(__NR_prctl, UInt64(PR_GET_SECUREBITS)))
        output.member("dumpable", call(__NR_prctl, UInt64(PR_GET_DUMPABLE)))
        output.member("personality", call(__NR_personality, 0xffff_ffff))
    }

    /// The real, effective and saved ids that the call tells.
    private mutating func ids(_ name: StaticString, _ number: Int32) {
        var ids: (UInt32, UInt32, UInt32) = (0, 0, 0)
        unsafe withUnsafeMutablePointer(to: &ids) { pointer in
            let ids = UnsafeMutableRawPointer(pointer)
            _ = unsafe call(number, word(ids), word(ids + 4), word(ids + 8))
        }
        output.name(name)
        output.beginArray()
        output.number(UInt64(ids.0))
        output.number(UInt64(ids.1))
        output.number(UInt64(ids.2))
        output.endArray()
    }

    private mutating func start() {
        unsafe output.name("args")
        output.beginArray()
        for index in 0..<count { if let text = unsafe arguments[index] { unsafe output.string(text) } }
        output.endArray()
        unsafe output.name("env")
        output.beginArray()
        var index = 0
        while let text = unsafe environment[index] {
            unsafe output.string(text)
            index += 1
        }
        output.endArray()
    }

    private mutating func names() {
        // struct new_utsname: six fields of 65 bytes.
        let size = 65
        guard unsafe call(__NR_uname, word(scratch)) == 0 else { return }
        unsafe output.name("hostname")
        unsafe output.string(UnsafePointer(scratch + size))
        unsafe output.name("machine")
        unsafe output.string(UnsafePointer(scratch + 4 * size))
        unsafe output.name("domainname")
        unsafe output.string(UnsafePointer(scratch + 5 * size))
    }

    private mutating func namespaces() {
        unsafe output.name("namespaces")
        output.beginObject()
        let directory = unsafe open("/proc/self/ns", O_RDONLY)
        if directory >= 0 {
            unsafe entries(directory) { (probe, name) in
                unsafe probe.output.name(name)
                unsafe probe.link(directory, name)
            }
            close(directory)
        }
        output.endObject()
    }

    private mutating func limits() {
        unsafe output.name("limits")
        output.beginArray()
        for resource in 0..<UInt64(16) {
            var limit: (UInt64, UInt64) = (0, 0)
            unsafe withUnsafeMutablePointer(to: &limit) { pointer in
                _ = unsafe call(__NR_prlimit64, 0, resource, 0, word(pointer))
            }
            output.beginArray()
            output.number(limit.0)
            output.number(limit.1)
            output.endArray()
        }
        output.endArray()
    }

    private mutating func descriptors() {
        unsafe output.name("descriptors")
        output.beginObject()
        let directory = unsafe open("/proc/self/fd", O_RDONLY)
        if directory >= 0 {
            unsafe entries(directory) { (probe, name) in
                if unsafe number(name) == directory { return }
                unsafe probe.output.name(name)
                unsafe probe.link(directory, name)
            }
            close(directory)
        }
        output.endObject()
    }

    private mutating func scheduling() {
        // struct sched_attr: size, policy u32; flags u64; nice i32, priority u32; runtime, deadline, period u64; two clamps.
        let size = 56
        for index in 0..<size { unsafe scratch[index] = 0 }
        let result = unsafe call(__NR_sched_getattr, 0, word(scratch), UInt64(size), 0)
        let attributes = unsafe UnsafeRawPointer(scratch)
        unsafe output.name("scheduler")
        output.beginObject()
        output.error(result)
        unsafe output.member("policy", UInt64(attributes.load(fromByteOffset: 4, as: UInt32.self)))
        unsafe output.member("flags", attributes.load(fromByteOffset: 8, as: UInt64.self))
        unsafe output.member("nice", Int64(attributes.load(fromByteOffset: 16, as: Int32.self)))
        unsafe output.member("priority", UInt64(attributes.load(fromByteOffset: 20, as: UInt32.self)))
        unsafe output.member("runtime", attributes.load(fromByteOffset: 24, as: UInt64.self))
        unsafe output.member("deadline", attributes.load(fromByteOffset: 32, as: UInt64.self))
        unsafe output.member("period", attributes.load(fromByteOffset: 40, as: UInt64.self))
        output.endObject()
        output.member("ioPriority", call(__NR_ioprio_get, 1, 0))
        unsafe output.name("affinity")
        output.beginArray()
        let bytes = unsafe call(__NR_sched_getaffinity, 0, 1024, word(scratch))
        for cpu in 0..<Int(max(0, bytes)) * 8 where unsafe scratch[cpu / 8] & (1 << UInt8(cpu % 8)) != 0 {
            output.number(Int64(cpu))
        }
        output.endArray()
        for index in 0..<136 { unsafe scratch[index] = 0 }
        let policy = unsafe call(__NR_get_mempolicy, word(scratch), word(scratch + 8), 1024, 0, 0)
        unsafe output.name("memoryPolicy")
        output.beginObject()
        output.error(policy)
        unsafe output.member("mode", UInt64(attributes.load(as: UInt32.self)))
        unsafe output.member("nodes", attributes.load(fromByteOffset: 8, as: UInt64.self))
        output.endObject()
    }

    private mutating func clocks() {
        unsafe output.name("clocks")
        output.beginObject()
        output.member("monotonic", seconds(clock: 1))
        output.member("boottime", seconds(clock: 7))
        output.endObject()
    }

    private func seconds(clock: UInt64) -> Int64 {
        var time: (Int64, Int64) = (0, 0)
        unsafe withUnsafeMutablePointer(to: &time) { pointer in _ = unsafe call(__NR_clock_gettime, clock, word(pointer)) }
        return time.0
    }

    private mutating func terminals() {
        unsafe output.name("terminals")
        output.beginArray()
        for descriptor in 0..<UInt64(3) {
            var size: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
            let result = unsafe withUnsafeMutablePointer(to: &size) { pointer in
                unsafe call(__NR_ioctl, descriptor, UInt64(TIOCGWINSZ), word(pointer))
            }
            output.beginObject()
            output.error(result)
            output.member("height", UInt64(size.0))
            output.member("width", UInt64(size.1))
            output.endObject()
        }
        output.endArray()
    }

    private mutating func devices() {
        unsafe output.name("devices")
        output.beginObject()
        let directory = unsafe open("/dev", O_RDONLY)
        if directory >= 0 {
            unsafe entries(directory) { (probe, name) in
                unsafe probe.output.name(name)
                probe.output.beginObject()
                unsafe probe.node(directory, name)
                probe.output.endObject()
            }
            close(directory)
        }
        output.endObject()
    }
}
