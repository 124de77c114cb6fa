import Foundation
import Glibc
import RuntimeSpec
import Testing
import VelociAsync

extension ContainerTests {
    /// The face for tasks: nothing waits on their threads, and cancelling is safe.
    @Suite struct TaskTests {
        /// Eight containers of a second are awaited by eight tasks, beside a task that counts.
        @Test func nobodyIsKeptWaiting() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let clock = ContinuousClock()
            let began = clock.now
            let counter = Task {
                var count = 0
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(10))
                    count += 1
                }
                return count
            }
            try await withThrowingTaskGroup(of: Termination.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await host.runtime.run(
                            "c\(number)", from: .spec(host.spec("sleep 1; exit \(number)"), relativeTo: host.directory)
                        ).termination
                    }
                }
                var ends: [Termination] = []
                for try await end in group { ends.append(end) }
                #expect(Set(ends) == Set((0..<8).map { Termination.exited($0) }))
            }
            counter.cancel()
            #expect(began.duration(to: clock.now) < .seconds(5))
            #expect(await counter.value > 30)
            #expect(HostProgram.zombies == 0)
            #expect(try host.runtime.list().isEmpty)
        }

        @Test func cancelledWait() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let container = try await host.runtime.create("box", from: .spec(host.spec("sleep 100"), relativeTo: host.directory))
            try await container.start()
            let waiter = Task { try await container.main.termination }
            let other = Task { try await container.main.termination }
            try await Task.sleep(for: .milliseconds(100))
            waiter.cancel()
            let failure = await #expect(throws: Failure.self) { try await waiter.value }
            #expect(failure?.code == .cancelled)
            #expect(try await container.state().status == "running")
            try await container.kill(.kill)
            #expect(try await other.value == .signaled(.kill, outOfMemory: false))
            try await container.delete()
        }

        @Test(arguments: [true, false]) func nothingStays(isCancelled: Bool) async throws {
            struct Stop: Error {}
            let host = try HostProgram()
            defer { host.end() }
            let task = Task {
                try await host.runtime.withContainer("box", from: .spec(host.spec("sleep 100"), relativeTo: host.directory)) { container in
                    try await container.start()
                    if !isCancelled { throw Stop() }
                    _ = try await container.main.termination
                }
            }
            if isCancelled {
                try await Task.sleep(for: .milliseconds(300))
                task.cancel()
            }
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(try host.runtime.list().isEmpty)
            #expect(HostProgram.zombies == 0)
        }

        @Test func jobs() async throws {
            let host = try HostProgram()
            defer { host.end() }
            func run(_ script: String, limit: Int = 100, deadline: Duration? = nil) async throws -> JobResult {
                try await host.runtime.run(
                    "box", from: .spec(host.spec(script), relativeTo: host.directory), outputLimit: limit, deadline: deadline)
            }
            let job = try await run("echo out; echo err >&2; exit 3")
            #expect(job.termination == .exited(3) && job.output == Array("out\n".utf8) && job.error == Array("err\n".utf8))
            #expect(!job.isTruncated && !job.hasMissedDeadline)
            let long = try await run("i=0; while [ $i -lt 50000 ]; do echo 1234567; i=$((i + 1)); done", limit: 1000)
            #expect(long.termination == .exited(0) && long.output.count == 1000 && long.isTruncated)
            let late = try await run("echo first; sleep 100", deadline: .milliseconds(300))
            #expect(late.termination == .signaled(.kill, outOfMemory: false) && late.hasMissedDeadline)
            #expect(late.output == Array("first\n".utf8))
        }

        @Test func inputIsWritten() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let source = ContainerSource.spec(host.spec("cat"), relativeTo: host.directory)
            try await host.runtime.withContainer("box", from: source, streams: StandardStreams(input: .pipe, output: .pipe)) { container in
                async let output = container.main.outputChunks.collected(limit: 1 << 20)
                try await container.start()
                // More than a pipe holds.
                try await container.main.write([UInt8](repeating: 7, count: 300_000))
                container.main.closeInput()
                #expect(try await output.bytes.count == 300_000)
                #expect(try await container.main.termination == .exited(0))
            }
        }

        @Test func eventsAndStatistics() async throws {
            let host = try HostProgram()
            defer { host.end() }
            var spec = host.spec("x=a; sleep 1; while true; do x=$x$x; done")
            spec.linux?.resources = Resources(memory: Memory(limit: 8 << 20))
            try await host.runtime.withContainer("box", from: .spec(spec, relativeTo: host.directory)) { container in
                try await container.start()
                async let readings = container.statistics(every: .milliseconds(100)).reduce(into: 0) { count, _ in count += 1 }
                var events: [ContainerWatch.Event] = []
                for try await event in container.events() { events.append(event) }
                #expect(events.last == .stopped && events.first == .outOfMemory)
                #expect(try await readings > 3)
                #expect(try await container.main.termination == .signaled(.kill, outOfMemory: true))
            }
        }

        @Test func terminalIsResized() async throws {
            let host = try HostProgram()
            defer { host.end() }
            var spec = host.spec("read line; busybox stty size; exit 0")
            spec.process?.terminal = true
            spec.mounts = [
                Mount(destination: "/dev", type: "tmpfs"),
                Mount(destination: "/dev/pts", type: "devpts", options: ["newinstance", "ptmxmode=0666"]),
            ]
            for name in ["dev"] {
                try FileManager.default.createDirectory(atPath: host.directory + "/rootfs/" + name, withIntermediateDirectories: true)
            }
            var request = CreateRequest(id: "box", from: .spec(spec, relativeTo: host.directory))
            request.detaches = false
            let process = try host.runtime.run(request)
            async let output = process.terminalChunks.collected(limit: 1000)
            try process.resizeTerminal(rows: 33, columns: 99)
            try await process.write(Array("\n".utf8))
            #expect(String(decoding: try await output.bytes, as: UTF8.self).contains("33 99"))
            #expect(try await process.termination == .exited(0))
        }

        @Test func errorsSpeakForThemselves() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let failure = await #expect(throws: Failure.self) { try await host.runtime.container("nobody") }
            #expect(failure?.code == .notFound)
            #expect(failure?.localizedDescription.hasPrefix("container does not exist") == true)
        }
    }
}
