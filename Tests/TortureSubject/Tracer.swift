import CLinux
import Foundation
import Glibc

/// Stops a command at its first, second, … system call, whichever that is, and lets something happen there (ptrace(2)).
///
/// strace counts each call by itself: `inject=all:…:when=40` waits for the fortieth of one name.
struct Tracer {
    enum Deed {
        /// Only counts.
        case nothing
        case kill
        /// The call is not made and gives this errno.
        case fail(Int32)
    }

    struct Result {
        var outcome: Command.Outcome
        /// How many calls were made, or the number of the one at which it happened.
        var calls = 0
        /// The call at which it happened, by the kernel's number; nil when the command ended before.
        var hit: Int64?
    }

    private let main: Int32
    private let command: Command
    private let place: Int
    private let deed: Deed
    private let follows: Bool
    private var calls = 0
    private var hit: Int64?
    private var isCounting = false
    private var tracees: Set<Int32> = []
    private var failing: Set<Int32> = []

    /// - Parameter follows: whether the calls of all processes count that the command starts: the stage's as well.
    static func run(_ arguments: [String], in work: Work, at place: Int, _ deed: Deed, follows: Bool = false) -> Result {
        let start = ["/bin/sh", "-c", "kill -STOP $$; exec \"$@\"", "sh"]
        var tracer = Tracer(Command.start(start + arguments, in: work), place, deed, follows)
        guard tracer.attach() else { return Result(outcome: Command.Outcome(status: -2, output: "ptrace is refused")) }
        tracer.loop()
        return Result(outcome: tracer.command.wait(), calls: tracer.calls, hit: tracer.hit)
    }

    private init(_ command: Command, _ place: Int, _ deed: Deed, _ follows: Bool) {
        self.command = command
        main = command.pid
        self.place = place
        self.deed = deed
        self.follows = follows
    }

    @discardableResult
    private func ptrace(_ request: UInt64, _ pid: Int32, _ address: UInt64 = 0, _ data: UInt64 = 0) -> Int64 {
        linux_system_call(Int64(__NR_ptrace), request, UInt64(bitPattern: Int64(pid)), address, data, 0, 0)
    }

    private mutating func attach() -> Bool {
        var status: Int32 = 0
        // WUNTRACED
        guard waitpid(main, &status, 2) == main, status & 0xff == 0x7f else { return false }
        // TRACESYSGOOD, TRACEEXEC, EXITKILL; and FORK, VFORK, CLONE.
        let options: UInt64 = 0x1 | 0x10 | 0x10_0000 | (follows ? 0x2 | 0x4 | 0x8 : 0)
        guard ptrace(0x4206, main, 0, options) == 0 else {  // PTRACE_SEIZE
            kill(main, SIGKILL)
            return false
        }
        tracees = [main]
        kill(main, SIGCONT)
        return true
    }

    private mutating func loop() {
        let end = Date(timeIntervalSinceNow: 30)
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, 1 | 0x4000_0000)  // WNOHANG, __WALL
            if pid <= 0 {
                if Date() > end { kill(main, SIGKILL) }
                usleep(10)
                continue
            }
            if status & 0xff != 0x7f {
                tracees.remove(pid)
                Command.note(pid, status)
                if pid == main { return letGo() }
                continue
            }
            tracees.insert(pid)
            stopped(pid, status)
        }
    }

    private mutating func stopped(_ pid: Int32, _ status: Int32) {
        let signal = status >> 8 & 0xff
        let event = status >> 16
        var passed: UInt64 = 0
        if signal == SIGTRAP | 0x80 {
            systemCall(pid)
        } else if event == 4 {  // PTRACE_EVENT_EXEC
            if pid == main { isCounting = true }
        } else if event == 0 {
            passed = UInt64(signal)
        }
        ptrace(24, pid, 0, passed)  // PTRACE_SYSCALL
    }

    private mutating func systemCall(_ pid: Int32) {
        // PTRACE_GET_SYSCALL_INFO: 1 for the entry, 2 for the return; the number of the call at byte 24.
        var info: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
        info = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutablePointer(to: &info) { info in
            _ = ptrace(0x420e, pid, 88, UInt64(UInt(bitPattern: info)))
        }
        let number = Int64(bitPattern: info.3)
        if info.0 & 0xff == 2 {
            if failing.remove(pid) != nil, case .fail(let errno) = deed { Registers.setResult(of: pid, -Int64(errno)) }
            return
        }
        guard info.0 & 0xff == 1, isCounting, hit == nil else { return }
        calls += 1
        guard calls == place else { return }
        switch deed {
        case .nothing: return
        case .kill: kill(main, SIGKILL)
        case .fail:
            failing.insert(pid)
            // KERNEL: whatever close(2) says, the descriptor is closed.
            if number != Int64(__NR_close) { Registers.dropCall(of: pid) }
        }
        hit = number
    }

    /// Whether a call gives a program the memory without which it does not come to its first instruction.
    static func isMemory(_ call: Int64) -> Bool {
        var calls = [__NR_mmap, __NR_mprotect, __NR_munmap, __NR_brk, __NR_mremap, __NR_madvise, __NR_set_tid_address]
        #if arch(x86_64)
            calls.append(__NR_arch_prctl)
        #endif
        return calls.contains(Int32(call))
    }

    /// Those that go on after the command are nobody's to trace.
    private mutating func letGo() {
        for pid in tracees {
            ptrace(0x4207, pid)  // PTRACE_INTERRUPT
            var status: Int32 = 0
            while waitpid(pid, &status, 0x4000_0000) == pid {
                if status & 0xff != 0x7f {
                    Command.note(pid, status)
                    break
                }
                let signal = status >> 16 == 0 && status >> 8 & 0xff != SIGTRAP | 0x80 ? status >> 8 & 0xff : 0
                if ptrace(17, pid, 0, UInt64(signal)) == 0 { break }  // PTRACE_DETACH
            }
        }
        tracees = []
    }
}

/// The two registers that matter (user_regs_struct).
private enum Registers {
    private static func change(_ pid: Int32, kind: UInt64, count: Int, _ body: (UnsafeMutablePointer<UInt64>) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { words in
            guard let start = words.baseAddress else { return }
            var vector = (UInt64(UInt(bitPattern: start)), UInt64(8 * count))
            withUnsafeMutablePointer(to: &vector) { vector in
                let address = UInt64(UInt(bitPattern: vector))
                let process = UInt64(bitPattern: Int64(pid))
                guard linux_system_call(Int64(__NR_ptrace), 0x4204, process, kind, address, 0, 0) == 0 else { return }
                body(start)
                _ = linux_system_call(Int64(__NR_ptrace), 0x4205, process, kind, address, 0, 0)
            }
        }
    }

    #if arch(x86_64)
        static func setResult(of pid: Int32, _ result: Int64) { change(pid, kind: 1, count: 27) { $0[10] = UInt64(bitPattern: result) } }
        static func dropCall(of pid: Int32) { change(pid, kind: 1, count: 27) { $0[15] = .max } }
    #else
        static func setResult(of pid: Int32, _ result: Int64) { change(pid, kind: 1, count: 34) { $0[0] = UInt64(bitPattern: result) } }
        // NT_ARM_SYSTEM_CALL has 32 bits.
        static func dropCall(of pid: Int32) { change(pid, kind: 0x404, count: 1) { $0[0] = 0xffff_ffff } }
    #endif
}
