import CLinux
import Foundation
import LinuxKernel
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

    @Test func descriptorsTravelOverSockets() throws {
        let (one, other) = try Sockets.streamPair()
        let sender = Descriptor(owning: one)
        let receiver = Descriptor(owning: other)
        let file = try Memory.readableFile(name: "message", "hello")
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
