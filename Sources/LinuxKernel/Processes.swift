internal import ByteText
internal import CLibrary
internal import CLinux

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
    /// It ended itself, with this status (WEXITSTATUS).
    case exited(Int32)
    /// A signal ended it (WTERMSIG).
    case signalled(Int32)

    /// The status that shells and runc report: the exit status, or 128 and the signal's number.
    public var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .signalled(let signal): 128 + signal
        }
    }
}

/// Processes, by descriptors that cannot come to mean somebody else.
public enum Processes {
    /// A descriptor of the process (pidfd_open(2)).
    /// - Throws: `KernelError`; `ESRCH` when there is no process of that number.
    public static func open(_ pid: Int32) throws(KernelError) -> Descriptor {
        do throws(KernelError) {
            return Descriptor(
                owning: Int32(
                    try systemCall(__NR_pidfd_open, "pidfd_open", on: "process \(pid)", UInt64(descriptor: pid), 0)))
        } catch where error.errno == .noEntry || error.errno == .invalidArgument {
            // KERNEL(6.16): the number is by now that of a thread in some process, which is ENOENT; before it was EINVAL.
            throw KernelError(.noSuchProcess, call: error.call, object: error.object)
        }
    }

    /// Who traces a process (ptrace(2)): nil when nobody does, or it is gone.
    package static func tracer(of pid: Int32) -> Int32? {
        guard let text = try? Files.readText("/proc/\(pid)/status") else { return nil }
        for line in text.parts(at: "\n") {
            guard let number = line.after("TracerPid:").flatMap({ Int32($0.trimmed) }) else { continue }
            return number == 0 ? nil : number
        }
        return nil
    }

    /// pidfd_send_signal(2).
    public static func signal(_ process: borrowing Descriptor, _ signal: Int32) throws(KernelError) {
        try self.signal(number: process.number, signal)
    }

    package static func signal(number: Int32, _ signal: Int32) throws(KernelError) {
        try systemCall(
            __NR_pidfd_send_signal, "pidfd_send_signal", on: "signal \(signal)", UInt64(descriptor: number),
            UInt64(descriptor: signal), 0, 0)
    }

    /// Sends SIGKILL to a process that will be waited for: a refusal is not the end of it, for then the wait would have none.
    package static func kill(number: Int32) {
        for _ in 0..<100 {
            do throws(KernelError) {
                return try signal(number: number, 9)
            } catch {
                if error.errno == .noSuchProcess { return }
                Waiting.sleep(microseconds: 1000)
            }
        }
    }

    /// Waits for a child and takes it away (waitid(2) with P_PIDFD).
    public static func wait(for process: borrowing Descriptor) throws(KernelError) -> ProcessEnd {
        try wait(forNumber: process.number)
    }

    package static func wait(forNumber number: Int32) throws(KernelError) -> ProcessEnd {
        do throws(KernelError) {
            if let end = try end(ofNumber: number, waiting: true) { return end }
        } catch where error.errno == .noChild {
            // The host program ignores SIGCHLD, or waits for whatever child there is: then somebody else has taken it away.
            if let end = recordedEnd(ofNumber: number) { return end }
            throw error
        }
        throw KernelError(.noChild, call: "waitid")
    }

    /// How a child ended, which is taken away by this; nil while it goes on.
    /// - Throws: `KernelError`; `ECHILD` when it is no child, or none any more.
    package static func end(ofNumber number: Int32, waiting: Bool = false) throws(KernelError) -> ProcessEnd? {
        var info: (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64)
        info = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let exited: UInt64 = 4
        let noHang: UInt64 = waiting ? 0 : 1
        return try unsafe withUnsafeMutablePointer(to: &info) { (pointer) throws(KernelError) in
            try unsafe systemCall(
                __NR_waitid, "waitid", on: "", UInt64(P_PIDFD), UInt64(descriptor: number), UInt64(address: pointer),
                exited | noHang)
            // siginfo_t: si_code at byte 8 (1 is CLD_EXITED), si_pid at byte 16, si_status at byte 24.
            let code = unsafe UnsafeRawPointer(pointer).load(fromByteOffset: 8, as: Int32.self)
            if unsafe UnsafeRawPointer(pointer).load(fromByteOffset: 16, as: Int32.self) == 0 { return nil }
            let status = unsafe UnsafeRawPointer(pointer).load(fromByteOffset: 24, as: Int32.self)
            return code == 1 ? .exited(status) : .signalled(status)
        }
    }

    /// How a process ended that was somebody else's to take away, and was taken; nil where that cannot be known.
    ///
    /// KERNEL(6.15): PIDFD_GET_INFO with PIDFD_INFO_EXIT. The first member of struct pidfd_info says what is wanted and what is
    /// known, the last of its first version (byte 60) is the status as wait(2) has it.
    package static func recordedEnd(ofNumber number: Int32) -> ProcessEnd? {
        let exit: UInt64 = 1 << 3
        var info: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (exit, 0, 0, 0, 0, 0, 0, 0)
        return unsafe withUnsafeMutablePointer(to: &info) { pointer in
            let request: UInt64 = 0xc040_ff0b
            let result = unsafe linux_system_call(
                Int64(__NR_ioctl), UInt64(descriptor: number), request, UInt64(address: pointer), 0, 0, 0)
            guard result == 0, unsafe pointer.pointee.0 & exit != 0 else { return nil }
            let status = unsafe UnsafeRawPointer(pointer).load(fromByteOffset: 60, as: Int32.self)
            return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
        }
    }

    /// A copy of a descriptor that another process has open (pidfd_getfd(2)).
    package static func descriptor(_ number: Int32, of process: Int32) throws(KernelError) -> Descriptor {
        Descriptor(
            owning: Int32(
                try systemCall(
                    __NR_pidfd_getfd, "pidfd_getfd", on: "descriptor \(number)", UInt64(descriptor: process),
                    UInt64(descriptor: number), 0)))
    }

    /// Whether the process, which is all its threads, ended within the time. Negative waits for ever.
    public static func hasEnded(_ process: borrowing Descriptor, withinMilliseconds time: Int64) throws(KernelError) -> Bool {
        try Polling.isReadable(process.number, withinMilliseconds: time)
    }

    /// The environment of this process, `NAME=value` each.
    public static var environment: [String] {
        var entries: [String] = []
        var entry = unsafe library_environment()
        while let text = unsafe entry.pointee {
            unsafe entries.append(String(cString: text))
            unsafe entry += 1
        }
        return entries
    }

    /// Starts a program in a child that shares no memory, descriptor or signal state with it afterwards.
    ///
    /// - Parameters:
    ///   - program: a descriptor of the file, or nil to execute `arguments[0]` or `path`.
    ///   - descriptors: the only ones above 2 that it gets, under the same numbers.
    ///   - standard: what becomes its descriptors 0, 1 and 2; nil leaves the caller's.
    public static func spawn(_ request: SpawnRequest) throws(KernelError) -> (pid: Int32, descriptor: Int32) {
        var copies: [Int32] = []
        defer { Descriptor.close(copies) }
        return try clone(try outOfTheWay(request, &copies))
    }

    /// The request with copies of what would be overwritten before it is used.
    ///
    /// What the child puts in its place must not be overwritten before: streams 1 and 2 may be exchanged, and a host without
    /// standard streams has other files under their numbers.
    static func outOfTheWay(_ request: SpawnRequest, _ copies: inout [Int32]) throws(KernelError) -> SpawnRequest {
        var request = request
        func outOfTheWay(_ number: Int32, atLeast minimum: Int32 = 3) throws(KernelError) -> Int32 {
            let copy = try systemCall(
                __NR_fcntl, "fcntl", on: "descriptor \(number)", UInt64(descriptor: number), UInt64(F_DUPFD_CLOEXEC),
                UInt64(descriptor: minimum))
            copies.append(Int32(copy))
            return Int32(copy)
        }
        for target in request.standard.indices {
            guard let source = request.standard[target], source <= 2, source != Int32(target) else { continue }
            request.standard[target] = try outOfTheWay(source)
        }
        if let program = request.program, program <= 2 { request.program = try outOfTheWay(program) }
        if let last = request.placements.map({ $0.number }).max() {
            for index in request.placements.indices {
                request.placements[index].descriptor = try outOfTheWay(request.placements[index].descriptor, atLeast: last + 1)
            }
            if let program = request.program, program <= last { request.program = try outOfTheWay(program, atLeast: last + 1) }
            for target in request.standard.indices {
                guard let source = request.standard[target], source > 2, source <= last else { continue }
                request.standard[target] = try outOfTheWay(source, atLeast: last + 1)
            }
        }
        return request
    }

    private static func clone(_ request: SpawnRequest) throws(KernelError) -> (pid: Int32, descriptor: Int32) {
        var failure: KernelError?
        let started: (pid: Int32, descriptor: Int32) = unsafe withNative(request) { native in
            let pid = unsafe linux_spawn(&native)
            failure = unsafe Self.failure(of: request, native, pid: pid)
            if failure == nil { return unsafe (Int32(pid), native.pidfd) }
            if unsafe native.pidfd >= 0 {
                let child = unsafe Descriptor(owning: native.pidfd)
                _ = try? wait(for: child)
            }
            return (0, -1)
        }
        if let failure { throw failure }
        return started
    }

    /// Why a program was not started; nil when it was.
    static func failure(of request: SpawnRequest, _ native: linux_spawn_request, pid: Int64) -> KernelError? {
        if pid < 0 { return KernelError(Errno(rawValue: Int32(-pid)), call: "clone3", object: request.path) }
        if unsafe native.exec_error == 0 { return nil }
        let names = ["", "dup3", "close_range", "fcntl", "execve", "chdir"]
        return unsafe KernelError(
            Errno(rawValue: native.exec_error), call: names[Int(native.failed_call)],
            object: native.failed_call == 5 ? request.directory ?? "" : request.path)
    }

    /// Calls `body` with a request as the kernel's side takes it.
    static func withNative<Result>(_ request: SpawnRequest, _ body: (inout linux_spawn_request) -> Result) -> Result {
        let placements = request.placements.flatMap { [$0.descriptor, $0.number] }
        let kept = request.descriptors + request.placements.map { $0.number }
        let stackSize = 32768
        let stack = UnsafeMutableRawPointer.allocate(byteCount: stackSize, alignment: 4096)
        defer { unsafe stack.deallocate() }
        var native = unsafe linux_spawn_request()
        unsafe native.clone_flags = request.cloneFlags | (request.controlGroup == nil ? 0 : linux_clone_into_cgroup)
        unsafe native.cgroup = request.controlGroup ?? -1
        unsafe native.program = request.program ?? -1
        unsafe native.descriptor_count = UInt32(kept.count)
        unsafe native.placement_count = UInt32(request.placements.count)
        unsafe native.standard = (request.standard[0] ?? -1, request.standard[1] ?? -1, request.standard[2] ?? -1)
        unsafe native.resets_signals = request.resetsSignals ? 1 : 0
        unsafe native.ends_with_caller = request.endsWithCaller ? 1 : 0
        unsafe native.stack = stack
        unsafe native.stack_size = UInt64(stackSize)
        let texts = [request.path, request.directory ?? ""]
        let (arguments, environment, paths) = unsafe (list(request.arguments), list(request.environment), list(texts))
        defer {
            unsafe arguments.deallocate()
            unsafe environment.deallocate()
            unsafe paths.deallocate()
        }
        unsafe native.arguments = UnsafePointer(arguments)
        unsafe native.environment = UnsafePointer(environment)
        unsafe native.path = UnsafePointer(paths[0])
        unsafe native.directory = request.directory == nil ? nil : UnsafePointer(paths[1])
        return unsafe kept.withUnsafeBufferPointer { descriptors in
            unsafe placements.withUnsafeBufferPointer { placements in
                unsafe native.descriptors = descriptors.baseAddress
                unsafe native.placements = placements.baseAddress
                return unsafe body(&native)
            }
        }
    }

    /// A list of C strings that ends with a null pointer, and the strings behind it: one piece of memory, which the caller frees.
    private static func list(_ strings: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let pointers = unsafe MemoryLayout<UnsafeMutablePointer<CChar>?>.stride * (strings.count + 1)
        var bytes = ByteBuilder(capacity: 4096)
        for string in strings {
            bytes.append(string)
            bytes.append(0)
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: pointers + bytes.count, alignment: 16)
        unsafe bytes.withBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe (memory + pointers).copyMemory(from: start, byteCount: bytes.count)
        }
        let list = unsafe memory.bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: strings.count + 1)
        var place = unsafe memory + pointers
        for (index, string) in strings.enumerated() {
            unsafe list[index] = place.assumingMemoryBound(to: CChar.self)
            unsafe place += string.utf8.count + 1
        }
        unsafe list[strings.count] = nil
        return unsafe list
    }

    /// The calling process.
    public static var own: Int32 {
        Int32(truncatingIfNeeded: linux_system_call(Int64(__NR_getpid), 0, 0, 0, 0, 0, 0))
    }

    /// Does something while the calling thread is in a network namespace.
    public static func inNetwork(_ namespace: borrowing Descriptor, _ body: () throws(KernelError) -> Void) throws(KernelError) {
        let own = try Files.open("/proc/thread-self/ns/net")
        try joinNetwork(namespace)
        var failure: KernelError?
        do throws(KernelError) { try body() } catch { failure = error }
        try joinNetwork(own)
        if let failure { throw failure }
    }

    /// Puts the calling thread into a network namespace (setns(2)).
    private static func joinNetwork(_ namespace: borrowing Descriptor) throws(KernelError) {
        try systemCall(__NR_setns, "setns", on: "network namespace", UInt64(descriptor: namespace.number), 0x4000_0000)
    }

    /// When the process started, in clock ticks after the machine: with it a pid names one process for ever (proc(5), stat).
    /// Nil when there is no such process. It says nothing about whether the process has ended.
    public static func startTime(of pid: Int32) -> UInt64? {
        let path = "/proc/\(pid)/stat"
        guard pid > 0, let file = try? Files.open(path), let bytes = try? Files.read(file, name: path, endsShort: true)
        else { return nil }
        return startTime(inStatistics: bytes)
    }

    package static func startTime(inStatistics bytes: [UInt8]) -> UInt64? { Statistics(bytes)?.startTime }

    /// Of /proc/PID/stat. In parentheses it has the name, which is whatever bytes the process chose; behind the last parenthesis
    /// there is nothing of that.
    private struct Statistics {
        /// Whether the first thread is a zombie, or dead.
        let hasEnded: Bool
        let threads: UInt64
        let startTime: UInt64

        init?(_ bytes: [UInt8]) {
            guard let parenthesis = bytes.lastIndex(of: UInt8(ascii: ")")), parenthesis + 2 < bytes.count else { return nil }
            let state = bytes[parenthesis + 2]
            hasEnded = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
            // proc(5) counts the state as field 3; threads are field 20 and the start time is field 22.
            var field = 3
            var numbers: (threads: UInt64, startTime: UInt64) = (0, 0)
            var position = parenthesis + 2
            while position < bytes.count, field <= 22 {
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: " ") {
                    field += 1
                } else if field == 20 || field == 22 {
                    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                    let digit = UInt64(byte - UInt8(ascii: "0"))
                    if field == 20 {
                        numbers.threads = numbers.threads &* 10 &+ digit
                    } else {
                        numbers.startTime = numbers.startTime &* 10 &+ digit
                    }
                }
            }
            // Complete only when something follows.
            guard field > 22 else { return nil }
            (threads, startTime) = numbers
        }
    }

    /// Whether the process with this pid that started at this time goes on, without a descriptor of it: for those who only tell
    /// it. One that has ended and was not taken away yet does not.
    ///
    /// KERNEL: in /proc a process is a zombie as soon as its first thread has ended, though others go on; these are counted.
    package static func isThere(_ pid: Int32, startedAt time: UInt64) throws(KernelError) -> Bool {
        let path = "/proc/\(pid)/stat"
        let bytes: [UInt8]
        do throws(KernelError) {
            let file = try Files.open(path)
            bytes = try Files.read(file, name: path, endsShort: true)
        } catch where error.errno == .noEntry || error.errno == .noSuchProcess {
            return false
        }
        guard let statistics = Statistics(bytes), statistics.startTime == time else { return false }
        return !(statistics.hasEnded && statistics.threads < 2)
    }

    /// Whether a signal has stopped the process (proc(5), state T), and nothing has let it go on yet. False when there is none.
    package static func isStopped(_ pid: Int32) -> Bool {
        let path = "/proc/\(pid)/stat"
        guard pid > 0, let file = try? Files.open(path), let bytes = try? Files.read(file, name: path, endsShort: true),
            let parenthesis = bytes.lastIndex(of: UInt8(ascii: ")")), bytes.count > parenthesis + 2
        else { return false }
        return bytes[parenthesis + 2] == UInt8(ascii: "T")
    }

    /// The process with this pid that started at this time.
    /// - Throws: `KernelError`; `ESRCH` when it has ended, with all its threads, or the pid is another's.
    public static func open(_ pid: Int32, startedAt time: UInt64) throws(KernelError) -> Descriptor {
        let process = try open(pid)
        // Opened first and checked then: what the descriptor names cannot become somebody else any more.
        guard startTime(of: pid) == time, try !hasEnded(process, withinMilliseconds: 0) else {
            throw KernelError(.noSuchProcess, call: "pidfd_open", object: "process \(pid)")
        }
        return process
    }

    /// Whether there is no such process, or it has ended and nobody has taken it away yet.
    ///
    /// KERNEL: in /proc a process is a zombie as soon as its first thread has ended, though others go on. The descriptor is
    /// readable when the last has.
    public static func hasEnded(_ pid: Int32) -> Bool {
        do throws(KernelError) {
            return try hasEnded(try open(pid), withinMilliseconds: 0)
        } catch {
            return error.errno == .noSuchProcess
        }
    }

    /// A resource limit of a process, 0 for this one.
    public static func limit(of pid: Int32, resource: UInt32) throws(KernelError) -> (soft: UInt64, hard: UInt64) {
        var limit: (soft: UInt64, hard: UInt64) = (0, 0)
        try unsafe withUnsafeMutablePointer(to: &limit) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_prlimit64, "prlimit", on: "process \(pid)", UInt64(descriptor: pid), UInt64(resource), 0,
                unsafe UInt64(address: pointer))
        }
        return limit
    }

    /// Sets one resource limit of a process (prlimit(2)).
    public static func setLimit(of pid: Int32, resource: UInt32, soft: UInt64, hard: UInt64) throws(KernelError) {
        var limit = (soft, hard)
        try unsafe withUnsafePointer(to: &limit) { (pointer) throws(KernelError) in
            _ = try systemCall(
                __NR_prlimit64, "prlimit", on: "process \(pid)", UInt64(descriptor: pid), UInt64(resource),
                unsafe UInt64(address: pointer), 0)
        }
    }
}

/// What `Processes.spawn` is to start.
public struct SpawnRequest: Sendable {
    /// A descriptor of the file to execute; nil for `path`.
    public var program: Int32?
    /// The file to execute when there is no descriptor of it.
    public var path: String
    /// argv.
    public var arguments: [String]
    /// envp, `NAME=value` each.
    public var environment: [String]
    /// Where the program starts; nil for here.
    public var directory: String?
    /// `CLONE_NEW*`.
    public var cloneFlags: UInt64 = 0
    /// A directory of version 2 in which the process is born (CLONE_INTO_CGROUP).
    public var controlGroup: Int32?
    /// The only descriptors above 2 that the program gets, under their own numbers.
    public var descriptors: [Int32] = []
    /// Descriptors that the program gets under other numbers above 2, which are none of `descriptors`.
    public var placements: [(descriptor: Int32, number: Int32)] = []
    /// What becomes descriptors 0, 1 and 2; nil leaves the caller's.
    public var standard: [Int32?] = [nil, nil, nil]
    /// Whether the program starts with the default action of every signal and none blocked. Otherwise all are blocked, and
    /// those that the caller ignores stay ignored.
    public var resetsSignals = false
    /// Whether the program is killed when the calling thread ends, as when the caller is killed: nobody waits for it then. Those
    /// whom it started are not (prctl(2), PR_SET_PDEATHSIG).
    public var endsWithCaller = false

    /// A program without namespaces of its own.
    public init(path: String, arguments: [String], environment: [String]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }
}
