import CLinux

extension Probe {
    mutating func process(_ operation: Text) -> Bool {
        if unsafe isEqual(operation, "call") {
            // call NUMBER A B C D: a system call with plain numbers
            let system = unsafe Int32(truncatingIfNeeded: number(next()))
            let a = unsafe UInt64(bitPattern: number(next()))
            let b = unsafe UInt64(bitPattern: number(next()))
            let c = unsafe UInt64(bitPattern: number(next()))
            let result = unsafe call(system, a, b, c, UInt64(bitPattern: number(next())))
            output.member("number", Int64(system))
            output.member("result", result)
            output.error(result > -4096 && result < 0 ? result : 0)
        } else if unsafe isEqual(operation, "call32") {
            // call32 NUMBER A B C D: the same as a program of 32 bits makes it
            let system = unsafe Int32(truncatingIfNeeded: number(next()))
            let (a, b, c, d) = unsafe (half(next()), half(next()), half(next()), half(next()))
            #if arch(x86_64)
                let result = linux_system_call_32(system, a, b, c, d)
                output.error(result > -4096 && result < 0 ? result : 0)
            #else
                output.member("unused", Int64(a ^ b ^ c ^ d) ^ Int64(system))
            #endif
        } else if unsafe isEqual(operation, "unshare") {
            // unshare FLAGS: leaves namespaces
            unsafe output.error(call(__NR_unshare, UInt64(bitPattern: number(next()))))
        } else if unsafe isEqual(operation, "container") {
            container()
        } else if unsafe isEqual(operation, "exit") {
            let status = unsafe number(next())
            output.member("status", status)
            output.endObject()
            output.endLine()
            exit(Int32(truncatingIfNeeded: status))
        } else if unsafe isEqual(operation, "sleep") {
            // sleep MILLISECONDS
            let time = unsafe number(next())
            var duration: (Int64, Int64) = (time / 1000, time % 1000 * 1_000_000)
            unsafe output.error(withUnsafeMutablePointer(to: &duration) { unsafe call(__NR_nanosleep, word($0), 0) })
        } else if unsafe isEqual(operation, "signals") {
            unsafe signals(until: number(next()))
        } else if unsafe isEqual(operation, "children") {
            unsafe children(number(next()))
        } else if unsafe isEqual(operation, "memory") {
            // memory BYTES: maps and touches them, keeps them
            let size = unsafe number(next())
            let result = call(__NR_mmap, 0, UInt64(size), 3, 0x22, word(Int32(-1)), 0)
            if result > 0, let memory = unsafe UnsafeMutablePointer<UInt8>(bitPattern: Int(result)) {
                for page in stride(from: 0, to: Int(size), by: 4096) { unsafe memory[page] = 1 }
            }
            output.error(result < 0 ? result : 0)
        } else {
            return false
        }
        return true
    }

    /// What a hook can see of the container process, whose number is in the state on standard input: its mounts.
    private mutating func container() {
        let size = load(Int64(0))
        output.error(size)
        guard let pid = pid(Int(max(0, size))) else { return }
        output.member("pid", pid)
        var path: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        unsafe withUnsafeMutablePointer(to: &path) { pointer in
            let text = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            var end = unsafe copy("/proc/", to: text)
            unsafe end = copy(decimal: pid, to: end)
            _ = unsafe copy("/mountinfo", to: end)
            let size = unsafe load(UnsafePointer(text))
            unsafe output.name("mountinfo")
            if size < 0 { output.null() } else { unsafe output.string(scratch, Int(size)) }
        }
    }

    /// The number after the first `"pid"` of the scratch memory.
    private func pid(_ size: Int) -> Int64? {
        let name: StaticString = "\"pid\""
        var index = 0
        while index + name.utf8CodeUnitCount < size {
            var length = 0
            while unsafe length < name.utf8CodeUnitCount && scratch[index + length] == name.utf8Start[length] { length += 1 }
            if length == name.utf8CodeUnitCount {
                index += length
                while unsafe index < size && (scratch[index] == 0x20 || scratch[index] == 0x3a) { index += 1 }
                var value: Int64 = 0
                while index < size, unsafe scratch[index] >= 0x30, unsafe scratch[index] <= 0x39 {
                    value = unsafe value * 10 + Int64(scratch[index] - 0x30)
                    index += 1
                }
                return value
            }
            index += 1
        }
        return nil
    }

    private func copy(_ source: StaticString, to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        for index in 0..<source.utf8CodeUnitCount { unsafe target[index] = source.utf8Start[index] }
        return unsafe target + source.utf8CodeUnitCount
    }

    private func copy(decimal value: Int64, to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var power: Int64 = 1
        while value / power >= 10 { power *= 10 }
        var target = unsafe target
        while power > 0 {
            unsafe target[0] = UInt8(0x30 + value / power % 10)
            unsafe target += 1
            power /= 10
        }
        return unsafe target
    }

    /// Blocks all signals, says so, and tells each that arrives, the awaited one last.
    private mutating func signals(until last: Int64) {
        var mask = UInt64.max
        unsafe withUnsafeMutablePointer(to: &mask) { pointer in
            _ = unsafe call(__NR_rt_sigprocmask, 0, word(pointer), 0, 8)
        }
        unsafe output.name("ready")
        output.bool(true)
        output.endObject()
        output.endLine()
        while true {
            let signal = unsafe withUnsafeMutablePointer(to: &mask) { unsafe call(__NR_rt_sigtimedwait, word($0), 0, 0, 8) }
            if signal <= 0 { continue }
            output.beginObject()
            unsafe output.name("op")
            unsafe output.string("signal")
            output.member("number", signal)
            if signal == last { return }
            output.endObject()
            output.endLine()
        }
    }

    /// Starts children that wait for their parent to end, and counts those that the kernel granted.
    private mutating func children(_ wanted: Int64) {
        var started: Int64 = 0
        var refusal: Int64 = 0
        let parent = call(__NR_getpid)
        for _ in 0..<wanted {
            let child = call(__NR_clone, UInt64(SIGCHLD), 0, 0, 0, 0)
            if child == 0 {
                _ = call(__NR_prctl, UInt64(PR_SET_PDEATHSIG), 9)
                // The parent may have ended before it was asked to take its children along.
                if call(__NR_getppid) != parent { exit(0) }
                while true { _ = call(__NR_ppoll, 0, 0, 0, 0) }
            }
            if child < 0 { refusal = child } else { started += 1 }
        }
        output.member("started", started)
        output.error(refusal)
    }
}
