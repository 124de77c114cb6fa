import CFuzzing
import CLinux
import CStageWire
import Chance
import Glibc
import StageForHost

/// A kernel that looks at everything that it is given, and answers by chance. What it reads and writes must be the stage's.
final class ModelKernel: StageKernel {
    static let gate: Int32 = 3

    private var random: SplitMix
    /// Whether a call may fail with an error that the stage does not expect.
    let isRefusing: Bool
    private(set) var executed: (program: String, arguments: [String], environment: [String])?
    /// Whether it was the child of a hook or of a fork that went on.
    private(set) var isHook = false
    private(set) var isChild = false
    /// What the host answers at the gates, if not what it should; behind them nothing comes.
    var answers: [[UInt8]]?
    /// Whether the host answered something else than the gate.
    private(set) var wasRefused = false
    private var calls = 0
    private var nextDescriptor: Int32 = 2000
    private var lastMessage = stage_gate_message()
    /// What a file gives that is read.
    private let content: [UInt8]

    init(_ random: SplitMix, refuses: Bool, content: [UInt8] = Array("SigIgn:\t0000000000001001\nroot:x:0:0::/root:/bin/sh\n".utf8)) {
        self.random = random
        isRefusing = refuses
        self.content = content
    }

    func answer(_ number: Int32, _ a: [UInt64]) -> Int64 {
        calls += 1
        expect(calls < 2_000_000, "the stage does not come to an end")
        if wasRefused, ![__NR_exit_group, __NR_exit, __NR_munmap, __NR_close].contains(number) {
            wrong("the stage goes on after a refusal, with call \(number)")
        }
        look(number, a)
        let mayFail = ![__NR_munmap, __NR_exit_group, __NR_exit, __NR_close].contains(number)
        if isRefusing, mayFail, random.below(40) == 0 { return -Int64([1, 2, 4, 5, 11, 12, 13, 17, 20, 22, 28, 38, 40][random.below(13)]) }
        switch number {
        case __NR_exit_group, __NR_exit: HostedStage.leave()
        case __NR_execve: execute(a)
        case __NR_mmap: return map(a)
        case __NR_munmap: return Int64(munmap(pointer(a[0]), Int(a[1])))
        case __NR_openat2, __NR_openat: return open(number, a)
        case __NR_fsopen, __NR_fsmount, __NR_open_tree, __NR_memfd_create, __NR_seccomp, __NR_fspick: return descriptor()
        case __NR_clone3: return clone(a)
        case __NR_read: return read(a)
        case __NR_write: return write(a)
        case __NR_getpid: return 4_194_304
        case __NR_ppoll: return 1
        case __NR_lseek: return Int64(random.below(5000))
        default: return fill(number, a)
        }
    }

    private func pointer(_ word: UInt64) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: UInt(word)) }

    private func descriptor() -> Int64 {
        nextDescriptor += 1
        return Int64(nextDescriptor)
    }

    private func map(_ a: [UInt64]) -> Int64 {
        let mapped = mmap(nil, Int(a[1]), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return Int64(Int(bitPattern: mapped))
    }

    private func open(_ number: Int32, _ a: [UInt64]) -> Int64 {
        // The stage asks whether a program is a directory: it is none.
        if number == __NR_openat, a[2] & UInt64(CLinux.O_DIRECTORY) != 0, !isRefusing || random.below(4) != 0 { return -Int64(ENOTDIR) }
        let isProgram = number == __NR_openat
        if !isProgram, random.below(4) == 0 { return -Int64(random.below(6) == 0 && isRefusing ? ELOOP : ENOENT) }
        return descriptor()
    }

    private func clone(_ a: [UInt64]) -> Int64 {
        guard let arguments = pointer(a[0])?.load(as: clone_args.self) else { return -14 }
        let isFork = arguments.exit_signal == 0
        if arguments.parent_tid != 0 { pointer(arguments.parent_tid)?.storeBytes(of: 77, as: Int32.self) }
        if arguments.pidfd != 0, !isFork { pointer(arguments.pidfd)?.storeBytes(of: Int32(descriptor()), as: Int32.self) }
        if isFork {
            guard isRefusing, random.below(3) == 0 else { return 0 }
            isChild = true
            return 77
        }
        guard isRefusing, random.below(3) == 0 else { return 78 }
        isHook = true
        return 0
    }

    private func read(_ a: [UInt64]) -> Int64 {
        guard let target = pointer(a[1]) else { return -14 }
        if Int32(truncatingIfNeeded: Int64(bitPattern: a[0])) == Self.gate {
            if answers != nil { return answer(target, Int(a[2])) }
            var message = lastMessage
            if isRefusing, random.below(20) == 0 { message.value = 5 }
            if isRefusing, random.below(20) == 0 { return 0 }
            target.storeBytes(of: message, as: stage_gate_message.self)
            return Int64(MemoryLayout<stage_gate_message>.size)
        }
        // A byte of start; the errno of a hook's child, which was fine.
        if a[2] == 1 { return 1 }
        if a[2] == 4 { return 0 }
        let count = min(content.count, Int(a[2]))
        content.withUnsafeBytes { target.copyMemory(from: $0.baseAddress!, byteCount: count) }
        return Int64(count)
    }

    /// The next answer of a hostile host.
    private func answer(_ target: UnsafeMutableRawPointer, _ size: Int) -> Int64 {
        guard let next = answers?.first else {
            wasRefused = true
            return 0
        }
        answers?.removeFirst()
        let right = withUnsafeBytes(of: stage_gate_message(gate: lastMessage.gate, value: 0)) { Array($0) }
        wasRefused = Array(next.prefix(size)) != right
        next.prefix(size).enumerated().forEach { target.storeBytes(of: $1, toByteOffset: $0, as: UInt8.self) }
        return Int64(min(next.count, size))
    }

    private func write(_ a: [UInt64]) -> Int64 {
        if Int32(truncatingIfNeeded: Int64(bitPattern: a[0])) == Self.gate, let message = pointer(a[1]) {
            lastMessage = message.load(as: stage_gate_message.self)
        }
        return Int64(a[2])
    }

    private func execute(_ a: [UInt64]) -> Never {
        executed = (text(a[0]), list(a[1]), list(a[2]))
        HostedStage.leave()
    }

    /// Calls that give something back in memory.
    private func fill(_ number: Int32, _ a: [UInt64]) -> Int64 {
        switch number {
        case __NR_statx: status(a)
        case __NR_fstatfs: pointer(a[1])?.storeBytes(of: random.below(3) == 0 ? 0x9fa0 : 0x0102_1994, as: UInt64.self)
        case __NR_readlinkat: return link(a)
        case __NR_getcwd: pointer(a[0])?.storeBytes(of: 0x2f, as: UInt16.self)
        case __NR_waitid: wait(a)
        case __NR_pread64: fuzzing_write(pointer(a[1]), 0x61, Int(a[2]))
        case __NR_pipe2:
            pointer(a[0])?.storeBytes(of: Int32(descriptor()), as: Int32.self)
            pointer(a[0])?.storeBytes(of: Int32(descriptor()), toByteOffset: 4, as: Int32.self)
        case __NR_ioctl where a[1] == 0x5401: fuzzing_write(pointer(a[2]), 0, 36)
        case __NR_clock_gettime: fuzzing_write(pointer(a[1]), 0, 16)
        default: break
        }
        return 0
    }

    private func status(_ a: [UInt64]) {
        guard let record = pointer(a[4]) else { return }
        var status = linux_statx_record()
        let kinds: [UInt16] = [0o040755, 0o040755, 0o100644, 0o020666, 0o120777, 0o010600]
        status.mode = kinds[random.below(isRefusing ? kinds.count : 3)]
        status.inode = UInt64(random.below(5000))
        status.mount_id = UInt64(random.below(50))
        status.size = UInt64(content.count)
        status.rdev_major = 1
        status.rdev_minor = UInt32(random.below(10))
        record.storeBytes(of: status, as: linux_statx_record.self)
    }

    private func wait(_ a: [UInt64]) {
        guard let info = pointer(a[2]) else { return }
        fuzzing_write(info, 0, 128)
        info.storeBytes(of: isRefusing ? Int32(1 + random.below(3)) : 1, toByteOffset: 8, as: Int32.self)
        info.storeBytes(of: isRefusing ? Int32(random.below(3)) : 0, toByteOffset: 24, as: Int32.self)
    }

    private func link(_ a: [UInt64]) -> Int64 {
        let texts = ["/", "x", "../y", "/a/b/c", "..", String(repeating: "long/", count: 819), String(repeating: "z", count: 4095)]
        let bytes = Array(texts[random.below(texts.count)].utf8.prefix(Int(a[3])))
        bytes.withUnsafeBytes { pointer(a[2])?.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return Int64(bytes.count)
    }

    private func text(_ word: UInt64) -> String {
        guard let start = pointer(word)?.assumingMemoryBound(to: CChar.self) else { return "" }
        _ = fuzzing_read_text(start)
        return String(cString: start)
    }

    private func list(_ word: UInt64) -> [String] {
        guard var place = pointer(word) else { return [] }
        var texts: [String] = []
        while true {
            let entry = place.load(as: UInt64.self)
            if entry == 0 { return texts }
            texts.append(text(entry))
            place += 8
        }
    }

    /// Which arguments of a call are texts, and which are memory of a size.
    private func look(_ number: Int32, _ a: [UInt64]) {
        let texts: [Int]
        switch number {
        case __NR_openat, __NR_openat2, __NR_mkdirat, __NR_mknodat, __NR_unlinkat, __NR_fchownat, __NR_faccessat, __NR_faccessat2,
            __NR_statx, __NR_readlinkat, __NR_open_tree, __NR_mount_setattr:
            texts = [1]
        case __NR_symlinkat: texts = [0, 2]
        case __NR_chdir, __NR_chroot, __NR_fsopen, __NR_umount2, __NR_memfd_create: texts = [0]
        case __NR_mount: texts = [0, 1, 2]
        case __NR_pivot_root: texts = [0, 1]
        case __NR_move_mount: texts = [1, 3]
        case __NR_fsconfig: texts = [FSCONFIG_SET_STRING.rawValue, FSCONFIG_SET_FLAG.rawValue].contains(UInt32(a[1])) ? [2, 3] : []
        default: texts = []
        }
        for index in texts where a[index] != 0 { _ = text(a[index]) }
        switch number {
        case __NR_openat2: fuzzing_read(pointer(a[2]), Int(a[3]))
        case __NR_write, __NR_pwrite64: fuzzing_read(pointer(a[1]), Int(a[2]))
        case __NR_mount_setattr: fuzzing_read(pointer(a[3]), Int(a[4]))
        case __NR_sethostname, __NR_setdomainname: fuzzing_read(pointer(a[0]), Int(a[1]))
        case __NR_setgroups: fuzzing_read(pointer(a[1]), 4 * Int(a[0]))
        case __NR_capset:
            fuzzing_read(pointer(a[0]), 8)
            fuzzing_read(pointer(a[1]), 24)
        case __NR_prlimit64 where a[2] != 0: fuzzing_read(pointer(a[2]), 16)
        case __NR_sched_setattr: fuzzing_read(pointer(a[1]), Int(pointer(a[1])?.load(as: UInt32.self) ?? 0))
        case __NR_clone3: fuzzing_read(pointer(a[0]), Int(a[1]))
        case __NR_seccomp where a[2] != 0: filter(a[2])
        case __NR_sendmsg: message(a[1])
        default: break
        }
    }

    /// struct sock_fprog
    private func filter(_ word: UInt64) {
        guard let program = pointer(word) else { return }
        fuzzing_read(pointer(program.load(fromByteOffset: 8, as: UInt64.self)), 8 * Int(program.load(as: UInt16.self)))
    }

    /// struct msghdr with one vector
    private func message(_ word: UInt64) {
        guard let header = pointer(word), let vector = pointer(header.load(fromByteOffset: 16, as: UInt64.self)) else { return }
        fuzzing_read(pointer(vector.load(as: UInt64.self)), Int(vector.load(fromByteOffset: 8, as: UInt64.self)))
        fuzzing_read(pointer(header.load(fromByteOffset: 32, as: UInt64.self)), Int(header.load(fromByteOffset: 40, as: UInt64.self)))
    }
}
