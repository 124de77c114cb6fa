internal import CLinux

extension Processes {
    /// Runs a program to its end, which is known whatever else this process does with its children: a host program may ignore
    /// SIGCHLD, or wait for whatever child there is. The program is killed when the calling thread ends.
    ///
    /// A process in between waits for the program, in the memory of this one (linux_watch).
    ///
    /// - Parameter waiting: waits; its argument is a descriptor that can be read from once the program has ended. The program is
    ///   killed unless it returns true.
    /// - Throws: `KernelError` when the program cannot be started, or what `waiting` throws; the program has ended then.
    package static func run(
        _ request: SpawnRequest, _ waiting: (Int32) throws(KernelError) -> Bool = { _ in true }
    ) throws(KernelError) -> ProcessEnd {
        var copies: [Int32] = []
        defer { Descriptor.close(copies) }
        var request = try outOfTheWay(request, &copies)
        request.endsWithCaller = true
        let result: Result<ProcessEnd, KernelError> = unsafe withNative(request) { native in
            do throws(KernelError) {
                return .success(
                    try unsafe withUnsafeMutablePointer(to: &native) { (native) throws(KernelError) in
                        try unsafe run(request, native, waiting)
                    })
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func run(
        _ request: SpawnRequest, _ program: UnsafeMutablePointer<linux_spawn_request>,
        _ waiting: (Int32) throws(KernelError) -> Bool
    ) throws(KernelError) -> ProcessEnd {
        let stackSize = 16384
        let stack = UnsafeMutableRawPointer.allocate(byteCount: stackSize, alignment: 4096)
        let watch = UnsafeMutablePointer<linux_watch>.allocate(capacity: 1)
        defer {
            unsafe stack.deallocate()
            unsafe watch.deallocate()
        }
        unsafe watch.initialize(to: linux_watch())
        unsafe watch.pointee.program = program
        unsafe watch.pointee.stack = stack
        unsafe watch.pointee.stack_size = UInt64(stackSize)
        let pid = unsafe linux_watch(watch)
        if pid < 0 { throw KernelError(Errno(rawValue: Int32(-pid)), call: "clone3", object: request.path) }
        let watcher = unsafe Descriptor(owning: watch.pointee.descriptor)
        var refusal: KernelError?
        var mayGoOn = false
        do throws(KernelError) {
            mayGoOn = try waiting(watcher.number)
        } catch {
            refusal = error
        }
        // The memory above is theirs until both have ended.
        if !mayGoOn { unsafe kill(program, watcher.number) }
        settle(watcher.number)
        let result = unsafe Int64(watch.pointee.result)
        if unsafe program.pointee.pidfd >= 0 {
            let process = unsafe Descriptor(owning: program.pointee.pidfd)
            // The end of the one who waits for it kills it as well.
            if result != 1 { settle(process.number) }
        }
        if let refusal { throw refusal }
        if let failure = unsafe failure(of: request, program.pointee, pid: result) { throw failure }
        guard result == 1 else { throw KernelError(.noChild, call: "how it ended is lost: who waited for it was killed") }
        let status = unsafe watch.pointee.status
        return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
    }

    /// Kills the program, as soon as there is one. Its watcher is never killed while the program shares our memory.
    private static func kill(_ program: UnsafeMutablePointer<linux_spawn_request>, _ watcher: Int32) {
        while true {
            let hasEnded = (try? Polling.isReadable(watcher, withinMilliseconds: 1)) ?? false
            let number = unsafe linux_watched(program)
            if hasEnded { return }
            if number >= 0 { return self.kill(number: number) }
        }
    }

    /// Waits until a process has ended, and takes it away if nobody else has (waitid(2), `__WALL`).
    private static func settle(_ number: Int32) {
        while true {
            do throws(KernelError) {
                if try Polling.isReadable(number, withinMilliseconds: -1) { break }
            } catch {
                Waiting.sleep(microseconds: 1000)
            }
        }
        let (exited, all): (UInt64, UInt64) = (4, 0x4000_0000)
        _ = linux_system_call(Int64(__NR_waitid), UInt64(P_PIDFD), UInt64(descriptor: number), 0, exited | all, 0, 0)
    }
}
