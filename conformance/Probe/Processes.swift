import CLinux

extension Probe {
    mutating func process(_ operation: Text) -> Bool {
        if isEqual(operation, "call") {
            // call NUMBER A B C D: a system call with plain numbers
            let system = Int32(truncatingIfNeeded: number(next()))
            let a = UInt64(bitPattern: number(next()))
            let b = UInt64(bitPattern: number(next()))
            let c = UInt64(bitPattern: number(next()))
            let result = call(system, a, b, c, UInt64(bitPattern: number(next())))
            output.member("number", Int64(system))
            output.member("result", result)
            output.error(result > -4096 && result < 0 ? result : 0)
        } else if isEqual(operation, "call32") {
            // call32 NUMBER A B C D: the same as a program of 32 bits makes it
            let system = Int32(truncatingIfNeeded: number(next()))
            let (a, b, c, d) = (half(next()), half(next()), half(next()), half(next()))
            #if arch(x86_64)
                let result = linux_system_call_32(system, a, b, c, d)
                output.error(result > -4096 && result < 0 ? result : 0)
            #else
                output.member("unused", Int64(a ^ b ^ c ^ d) ^ Int64(system))
            #endif
        } else if isEqual(operation, "unshare") {
            // unshare FLAGS: leaves namespaces
            output.error(call(__NR_unshare, UInt64(bitPattern: number(next()))))
        } else if isEqual(operation, "container") {
            container()
        } else if isEqual(operation, "exit") {
            let status = number(next())
            output.member("status", status)
            output.endObject()
            output.endLine()
            exit(Int32(truncatingIfNeeded: status))
        } else if isEqual(operation, "sleep") {
            // sleep MILLISECONDS
            let time = number(next())
            var duration: (Int64, Int64) = (time / 1000, time % 1000 * 1_000_000)
            output.error(withUnsafeMutablePointer(to: &duration) { call(__NR_nanosleep, word($0), 0) })
        } else if isEqual(operation, "signals") {
            signals(until: number(next()))
        } else if isEqual(operation, "children") {
            children(number(next()))
        } else if isEqual(operation, "memory") {
            // memory BYTES: maps and touches them, keeps them
            let size = number(next())
            let result = call(__NR_mmap, 0, UInt64(size), 3, 0x22, word(Int32(-1)), 0)
            if result > 0, let memory = UnsafeMutablePointer<UInt8>(bitPattern: Int(result)) {
                for page in stride(from: 0, to: Int(size), by: 4096) { memory[page] = 1 }
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
        withUnsafeMutablePointer(to: &path) { pointer in
            let text = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            var end = copy("/proc/", to: text)
            end = copy(decimal: pid, to: end)
            _ = copy("/mountinfo", to: end)
            let size = load(UnsafePointer(text))
            output.name("mountinfo")
            if size < 0 { output.null() } else { output.string(scratch, Int(size)) }
        }
    }

    /// The number after the first `"pid"` of the scratch memory.
    private func pid(_ size: Int) -> Int64? {
        let name: StaticString = "\"pid\""
        var index = 0
        while index + name.utf8CodeUnitCount < size {
            var length = 0
            while length < name.utf8CodeUnitCount && scratch[index + length] == name.utf8Start[length] { length += 1 }
            if length == name.utf8CodeUnitCount {
                index += length
                while index < size && (scratch[index] == 0x20 || scratch[index] == 0x3a) { index += 1 }
                var value: Int64 = 0
                while index < size, scratch[index] >= 0x30, scratch[index] <= 0x39 {
                    value = value * 10 + Int64(scratch[index] - 0x30)
                    index += 1
                }
                return value
            }
            index += 1
        }
        return nil
    }

    private func copy(_ source: StaticString, to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        for index in 0..<source.utf8CodeUnitCount { target[index] = source.utf8Start[index] }
        return target + source.utf8CodeUnitCount
    }

    private func copy(decimal value: Int64, to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var power: Int64 = 1
        while value / power >= 10 { power *= 10 }
        var target = target
        while power > 0 {
            target[0] = UInt8(0x30 + value / power % 10)
            target += 1
            power /= 10
        }
        return target
    }

    /// Blocks all signals, says so, and tells each that arrives, the awaited one last.
    private mutating func signals(until last: Int64) {
        var mask = UInt64.max
        withUnsafeMutablePointer(to: &mask) { pointer in
            _ = call(__NR_rt_sigprocmask, 0, word(pointer), 0, 8)
        }
        output.name("ready")
        output.bool(true)
        output.endObject()
        output.endLine()
        while true {
            let signal = withUnsafeMutablePointer(to: &mask) { call(__NR_rt_sigtimedwait, word($0), 0, 0, 8) }
            if signal <= 0 { continue }
            output.beginObject()
            output.name("op")
            output.string("signal")
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
