import CLinux
import CStageWire

extension Interpreter {
    /// Tells the host how far the stage is and waits until the host has done its part.
    ///
    /// read and write are the only calls, because a seccomp filter may be in force and hosts refuse filters that stop on them.
    func pass(gateNumber: UInt32) throws(Refusal) {
        var message = stage_gate_message(gate: gateNumber, value: 0)
        let size = MemoryLayout<stage_gate_message>.size
        let gate = self.gate
        _ = LateClosing.closeAll()
        let count = try unsafe withUnsafeMutablePointer(to: &message) { (pointer) throws(Refusal) in
            try unsafe call(__NR_write, word(gate), word(pointer), UInt64(size))
            return try unsafe call(__NR_read, word(gate), word(pointer), UInt64(size))
        }
        // Nothing came: the host is gone, and with it whoever wanted this container.
        guard count == Int64(size) else { throw Refusal(EPIPE, stage_detail_gate_refused) }
        guard message.gate == gateNumber && message.value == 0 else {
            throw Refusal(ECANCELED, stage_detail_gate_refused, value: message.value)
        }
    }

    /// Clones a child of the host into new namespaces; the child goes on with the plan, this process ends.
    ///
    /// KERNEL: the child's pid is in the shared page before the child runs (CLONE_PARENT_SETTID).
    func fork(namespaces: UInt64) throws(Refusal) {
        var arguments = clone_args()
        arguments.flags = namespaces | linux_clone_parent | UInt64(CLONE_PARENT_SETTID)
        let child = unsafe progress
        try unsafe withUnsafeMutablePointer(to: &child.pointee.child) { (pointer) throws(Refusal) in
            arguments.parent_tid = unsafe word(pointer)
            let size = UInt64(MemoryLayout<clone_args>.size)
            let result = try unsafe withUnsafePointer(to: &arguments) { (pointer) throws(Refusal) in
                try unsafe call(__NR_clone3, word(pointer), size)
            }
            if result != 0 { exit(0) }
        }
    }

    /// KERNEL(pid_namespaces(7)): the first process of a pid namespace gets no signal that it has no handler for. Execution takes
    /// the handlers away. Others end by themselves.
    func endOnSignals() throws(Refusal) {
        if linux_system_call(Int64(__NR_getpid), 0, 0, 0, 0, 0, 0) != 1 { return }
        let address = linux_end_on_signal_address()
        try unsafe withUnsafeTemporaryWords(8) { (action) throws(Refusal) in
            // struct sigaction: the handler, SA_RESTORER, where it would return to if it did.
            unsafe action[0] = address
            unsafe action[1] = 0x0400_0000
            unsafe action[2] = address
            // SIGHUP, SIGINT, SIGQUIT, SIGTERM
            try unsafe call(__NR_rt_sigaction, 1, word(action), 0, 8)
            try unsafe call(__NR_rt_sigaction, 2, word(action), 0, 8)
            try unsafe call(__NR_rt_sigaction, 3, word(action), 0, 8)
            try unsafe call(__NR_rt_sigaction, 15, word(action), 0, 8)
        }
    }

    /// The container is created; the byte that `start` sends lets it run.
    mutating func waitForStart(_ descriptor: Int32) throws(Refusal) {
        _ = LateClosing.closeAll()
        unsafe progress.pointee.phase = stage_phase_waiting.rawValue
        var byte: UInt8 = 0
        let count = try unsafe withUnsafeMutablePointer(to: &byte) { (pointer) throws(Refusal) in
            try unsafe call(__NR_read, word(descriptor), word(pointer), 1)
        }
        guard count == 1 else { throw Refusal(EPIPE, stage_detail_gate_refused) }
        isStarted = true
        unsafe progress.pointee.phase = stage_phase_running.rawValue
    }
}
