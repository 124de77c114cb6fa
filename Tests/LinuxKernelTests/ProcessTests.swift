import CLinux
import Foundation
import LinuxKernel
import Synchronization
import Testing

@Suite struct ProcessTests {
    /// Runs a shell with nothing but what the request names, and gives back what it wrote.
    private func run(_ script: String, _ change: (inout SpawnRequest) -> Void = { _ in }) throws -> (ProcessEnd, String) {
        let (reading, writing) = try Sockets.streamPair()
        var request = SpawnRequest(path: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin", "A=b"])
        request.standard = [nil, writing, nil]
        change(&request)
        let (_, process) = try Processes.spawn(request)
        do { _ = Descriptor(owning: writing) }
        let output = Descriptor(owning: reading)
        let text = String(decoding: try Files.read(output), as: UTF8.self)
        let child = Descriptor(owning: process)
        return (try Processes.wait(for: child), text)
    }

    @Test func endsAreTold() throws {
        #expect(try run("exit 3").0 == .exited(3))
        #expect(try run("kill -9 $$").0 == .signalled(9))
        #expect(ProcessEnd.signalled(9).shellStatus == 137)
    }

    /// The number of a process that ended may be a thread's by now, and is no process's then.
    @Test func threadsAreNoProcesses() throws {
        let (known, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let number = Mutex<Int32>(0)
        Thread {
            number.withLock { $0 = Int32(linux_system_call(Int64(__NR_gettid), 0, 0, 0, 0, 0, 0)) }
            known.signal()
            end.wait()
        }.start()
        known.wait()
        defer { end.signal() }
        let thread = number.withLock { $0 }
        try #require(thread != getpid())
        let error = #expect(throws: KernelError.self) { _ = try Processes.open(thread) }
        #expect(error?.errno == .noSuchProcess, "\(String(describing: error))")
        #expect(Processes.hasEnded(thread))
        for number: Int32 in [0, -1, .max] { #expect(Processes.hasEnded(number), "\(number)") }
    }

    @Test func environmentAndDirectoryAreThoseOfTheRequest() throws {
        let (end, text) = try run("echo $A; pwd") { $0.directory = "/usr" }
        #expect(end == .exited(0))
        #expect(text == "b\n/usr\n")
    }

    /// Only what is named is inherited, under its own number; this process has many more open.
    @Test func noOtherDescriptorIsInherited() throws {
        let kept = try Files.open("/dev/null").duplicate(atLeast: 300)
        let lost = try Files.open("/dev/null").duplicate(atLeast: 310)
        let number = kept.number
        let (_, text) = try run("for f in /proc/self/fd/*; do echo ${f##*/}; done") { $0.descriptors = [number] }
        let found = Set(text.split(separator: "\n").compactMap { Int32($0) })
        #expect(found.contains(number))
        let other = lost.number
        #expect(!found.contains(other))
        // The shell opens one for the directory that it reads.
        #expect(found.filter { $0 > 2 && $0 != number }.count <= 1)
    }

    @Test func programsThatAreMissingAreErrorsOfTheCaller() {
        let request = SpawnRequest(path: "/does/not/exist", arguments: ["x"], environment: [])
        #expect(throws: KernelError.self) { try Processes.spawn(request) }
    }

    @Test func startTimesTellProcessesApart() throws {
        let own = try #require(Processes.startTime(of: getpid()))
        #expect(own > 0)
        #expect(Processes.startTime(of: getpid()) == own)
        #expect(Processes.startTime(of: Int32.max) == nil)
    }

    /// All descriptors of one process have its number, and no other's has.
    @Test func numbersTellProcessesApart() throws {
        let sleep = SpawnRequest(path: "/bin/sleep", arguments: ["sleep", "1000"], environment: [])
        let (pid, number) = try Processes.spawn(sleep)
        let child = Descriptor(owning: number)
        defer { _ = try? Processes.wait(for: child) }
        defer { _ = try? Processes.signal(child, 9) }
        let own = try Processes.open(getpid())
        guard let identity = Processes.identity(ofNumber: number) else {
            // KERNEL(6.9)
            return #expect(try Files.status(of: child).inode == Files.status(of: own).inode)
        }
        let again = try Processes.open(pid)
        #expect(Processes.identity(ofNumber: again.number) == identity)
        #expect(Processes.identity(ofNumber: own.number) != identity)
        #expect(try Processes.isThere(pid, identity: identity) && !Processes.isThere(pid, identity: identity + 1))
        #expect(try !Processes.isThere(Int32.max, identity: identity))
        _ = try Processes.open(pid, identity: identity)
        try Processes.signal(child, 9)
        #expect(try Processes.hasEnded(child, withinMilliseconds: 10_000))
        // Nobody has taken it away.
        #expect(try !Processes.isThere(pid, identity: identity))
        #expect(throws: KernelError.self) { _ = try Processes.open(pid, identity: identity) }
        // A file of another kind has a number as well.
        let file = try Files.open("/proc/self/stat")
        #expect(Processes.identity(ofNumber: file.number) == nil)
    }

    /// The name is in the middle of the line, and whatever bytes the process likes: parentheses, blanks, marks that combine with
    /// the blank behind the name, and what is no text at all.
    @Test(arguments: [#"a\330\200"#, #"b) R 1\330\200"#, #"c\377) Z 1 "#, #")"#, #"\314\201"#])
    func namesDoNotHideProcesses(_ name: String) throws {
        var request = SpawnRequest(
            path: "/bin/sh", arguments: ["sh", "-c", "printf '\(name)' > /proc/$$/comm; echo; read line"],
            environment: ["PATH=/usr/bin:/bin"])
        let (hostEnd, childEnd) = try Sockets.streamPair()
        request.standard = [childEnd, childEnd, nil]
        let (pid, number) = try Processes.spawn(request)
        let child = Descriptor(owning: number)
        do { _ = Descriptor(owning: childEnd) }
        let host = Descriptor(owning: hostEnd)
        #expect(try Polling.isReadable(host.number, withinMilliseconds: 10_000))
        let time = try #require(Processes.startTime(of: pid))
        let own = try #require(Processes.startTime(of: getpid()))
        #expect(time >= own)
        _ = try Processes.open(pid, startedAt: time)
        #expect(throws: KernelError.self) { _ = try Processes.open(pid, startedAt: time + 1) }
        #expect(!Processes.hasEnded(pid))
        try Processes.signal(child, 9)
        #expect(try Processes.hasEnded(child, withinMilliseconds: 10_000))
        // Nobody has taken it away: a zombie has the time at which it began, and has ended.
        #expect(Processes.startTime(of: pid) == time)
        #expect(Processes.hasEnded(pid))
        #expect(throws: KernelError.self) { _ = try Processes.open(pid, startedAt: time) }
        _ = try Processes.wait(for: child)
        #expect(Processes.hasEnded(pid) && Processes.startTime(of: pid) == nil)
    }

    /// A reader that went away is an error, and never the end of the program that writes; what that does about the signal stays.
    @Test func readersMayGoAway() async {
        await #expect(processExitsWith: .signal(SIGPIPE)) {
            let pipe = try pipeWithoutReader()
            try Files.write([1], to: pipe)
        }
        await #expect(processExitsWith: .success) {
            let pipe = try pipeWithoutReader()
            let error = #expect(throws: KernelError.self) { try Pipes.write([1], to: pipe.number) }
            #expect(error?.errno.rawValue == EPIPE)
            var mask = sigset_t()
            var pending = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            sigpending(&pending)
            #expect(sigismember(&mask, SIGPIPE) == 0 && sigismember(&pending, SIGPIPE) == 0)
        }
        await #expect(processExitsWith: .signal(SIGPIPE)) {
            // One that waits already stays: it is somebody else's.
            var set = sigset_t()
            sigaddset(&set, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &set, nil)
            raise(SIGPIPE)
            let pipe = try pipeWithoutReader()
            #expect(throws: KernelError.self) { try Pipes.write([1], to: pipe.number) }
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
        }
    }

    @Test func descriptorsTravelOverSockets() throws {
        let (one, other) = try Sockets.streamPair()
        let sender = Descriptor(owning: one)
        let receiver = Descriptor(owning: other)
        let file = try MemoryFiles.readableFile(name: "message", "hello")
        try Sockets.send(Array("name".utf8), descriptors: [file.number], over: sender.number)
        let received = try #require(try Sockets.receiveDescriptor(from: receiver.number))
        let copy = Descriptor(owning: received)
        #expect(isCloseOnExec(received))
        #expect(String(decoding: try Files.read(copy), as: UTF8.self) == "hello")
    }

    @Test func waitingEnds() throws {
        let (one, other) = try Sockets.streamPair()
        let reader = Descriptor(owning: one)
        let writer = Descriptor(owning: other)
        #expect(try Polling.isReadable(reader.number, withinMilliseconds: 10) == false)
        try Files.write([1], to: writer)
        #expect(try Polling.isReadable(reader.number, withinMilliseconds: 1000))
        let deadline = Deadline(milliseconds: 20)
        #expect(!deadline.hasPassed && deadline.milliseconds > 0)
        Waiting.sleep(microseconds: 25_000)
        #expect(deadline.hasPassed && deadline.milliseconds == 0)
    }
}

/// The end of a pipe into which somebody writes whom nobody reads.
private func pipeWithoutReader() throws -> Descriptor {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    return Descriptor(owning: ends[1])
}
