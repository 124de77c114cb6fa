import Foundation
import Glibc
import LinuxKernel
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
            var spec = host.spec("x=a; sleep 3; while true; do x=$x$x; done")
            spec.linux?.resources = Resources(memory: Memory(limit: 8 << 20))
            try await host.runtime.withContainer("box", from: .spec(spec, relativeTo: host.directory)) { container in
                try await container.start()
                async let readings = container.statistics(every: .milliseconds(100)).reduce(into: 0) { count, _ in count += 1 }
                var events: [ContainerWatch.Event] = []
                for try await event in container.events() { events.append(event) }
                #expect(events.last == .stopped && events.contains(.outOfMemory), "\(events)")
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

        /// A hook of the host program's own, after those of the configuration; what it throws leaves nothing behind.
        @Test func closuresAreHooks() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let mark = host.directory + "/mark"
            var spec = host.spec("exit 4")
            spec.hooks = Hooks(createRuntime: [Hook(path: "/bin/touch", args: ["touch", mark])])
            spec.annotations = ["a": "b"]
            var request = CreateRequest(id: "box", from: .spec(spec, relativeTo: host.directory))
            let seen = Locked<[State]>([])
            let marks = Locked<[Bool]>([])
            request.createRuntime = { (state) throws(Failure) in
                seen.withLock { $0.append(state) }
                let isThere = FileManager.default.fileExists(atPath: mark)
                marks.withLock { $0.append(isThere) }
            }
            let container = try await host.runtime.create(request)
            let state = try #require(seen.withLock { $0.first })
            #expect(state.id == "box" && state.status == "creating" && state.pid == Int(container.main.pid))
            #expect(state.annotations == ["a": "b"] && state.bundle == host.directory)
            #expect(marks.withLock { $0 } == [true])
            try await container.start()
            #expect(try await container.main.termination == .exited(4))
            try await container.delete()
            #expect(seen.withLock { $0.count } == 1)

            request.createRuntime = { (state) throws(Failure) in throw Failure(.hook, "not today: \(state.id)") }
            let failure = await #expect(throws: Failure.self) { try await host.runtime.create(request) }
            #expect(failure?.code == .hook && failure?.message == "not today: box")
            #expect(try host.runtime.list().isEmpty)
            #expect(HostProgram.zombies == 0)
        }

        /// Both sides of the sockets over which descriptors are handed on.
        @Test func descriptorsAreHandedOn() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let (console, processes) = (try DescriptorSocket(path: host.directory + "/c"), try DescriptorSocket(path: host.directory + "/p"))
            #expect(throws: Failure.self) { try DescriptorSocket(path: host.directory + "/c") }
            var spec = host.spec("echo to a terminal; exit 6")
            spec.process?.terminal = true
            spec.mounts = Spec.container([]).mounts?.filter { $0.destination.hasPrefix("/dev") && $0.destination != "/dev/mqueue" }
            try FileManager.default.createDirectory(atPath: host.directory + "/rootfs/dev", withIntermediateDirectories: true)
            var request = CreateRequest(id: "box", from: .spec(spec, relativeTo: host.directory))
            request.consoleSocket = console.path
            request.processSocket = processes.path
            let container = try await host.runtime.create(request)
            let process = try await processes.receive()
            let terminal = try await console.receive()
            defer {
                close(process.descriptor)
                close(terminal.descriptor)
            }
            #expect(process.processState == nil && isatty(terminal.descriptor) == 1)
            try await container.start()
            #expect(try await container.main.termination == .exited(6))
            var readable = pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0)
            #expect(poll(&readable, 1, 0) == 1, "the descriptor is of another process")
            var bytes = [UInt8](repeating: 0, count: 100)
            let count = read(terminal.descriptor, &bytes, 100)
            #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "to a terminal\r\n")
            try await container.delete()
            let waiter = Task { try await console.receive() }
            waiter.cancel()
            let failure = await #expect(throws: Failure.self) { try await waiter.value }
            #expect(failure?.code == .cancelled)
        }

        @Test func systemCallsAreSupervised() async throws {
            let host = try HostProgram()
            defer { host.end() }
            let socket = try DescriptorSocket(path: host.directory + "/s")
            var spec = host.spec("busybox mkdir /a; busybox mkdir /b || exit 5")
            spec.linux?.seccomp = SeccompProfile(
                defaultAction: "SCMP_ACT_ALLOW", listenerPath: socket.path,
                syscalls: [SeccompSyscall(names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY")])
            try await host.runtime.withContainer("box", from: .spec(spec, relativeTo: host.directory)) { container in
                try await container.start()
                let received = try await socket.receive()
                #expect(received.processState?.state.id == "box")
                let supervisor = SystemCallSupervisor(owning: received.descriptor)
                var paths: [String] = []
                for try await call in supervisor.calls {
                    let isOld = call.isNamed("mkdir")
                    #expect(isOld != call.isNamed("mkdirat") && !call.isNamed("openat") && !call.isNamed("no such call"))
                    let path = String(decoding: try #require(try supervisor.readText(call, argument: isOld ? 0 : 1)), as: UTF8.self)
                    #expect(throws: Failure.self) { try supervisor.readText(call, argument: 6) }
                    paths.append(path)
                    if path == "/a" { try supervisor.allow(call) } else { try supervisor.refuse(call, with: .noSpace) }
                    #expect(!supervisor.isWaiting(call))
                    // Nobody waits for a second answer.
                    try supervisor.allow(call)
                }
                #expect(paths == ["/a", "/b"])
                #expect(try await container.main.termination == .exited(5))
            }
            #expect(FileManager.default.fileExists(atPath: host.directory + "/rootfs/a"))
            #expect(!FileManager.default.fileExists(atPath: host.directory + "/rootfs/b"))
        }

        /// A pointer that leads nowhere ends no supervisor, and a descriptor can be an answer.
        @Test func systemCallsAreAnswered() async throws {
            let host = try HostProgram()
            defer { host.end() }
            try Data("from the supervisor\n".utf8).write(to: URL(fileURLWithPath: host.directory + "/file"))
            let socket = try DescriptorSocket(path: host.directory + "/s")
            var spec = host.spec("busybox mkdir /a; busybox cat /none")
            spec.linux?.seccomp = SeccompProfile(
                defaultAction: "SCMP_ACT_ALLOW", listenerPath: socket.path,
                syscalls: [SeccompSyscall(names: ["mkdir", "mkdirat", "open", "openat"], action: "SCMP_ACT_NOTIFY")])
            let directory = host.directory
            // The container's process opens files itself after it got the filter, before it is created.
            async let supervision: Void = {
                let supervisor = SystemCallSupervisor(owning: try await socket.receive().descriptor)
                for try await call in supervisor.calls {
                    if call.isNamed("mkdir") || call.isNamed("mkdirat") {
                        // The mode, taken for a pointer.
                        #expect(try supervisor.readText(call, argument: call.isNamed("mkdir") ? 1 : 2) == nil)
                        #expect(!supervisor.isWaiting(call))
                    } else if try supervisor.readText(call, argument: call.isNamed("open") ? 0 : 1) == Array("/none".utf8) {
                        let file = open(directory + "/file", O_RDONLY)
                        try supervisor.answer(call, withDescriptor: file)
                        close(file)
                    } else {
                        try supervisor.allow(call)
                    }
                }
            }()
            let job = try await host.runtime.run("box", from: .spec(spec, relativeTo: directory))
            try await supervision
            #expect(String(decoding: job.output, as: UTF8.self) == "from the supervisor\n")
            #expect(String(decoding: job.error, as: UTF8.self).contains("Bad address"))
            #expect(job.termination == .exited(0))
            #expect(!FileManager.default.fileExists(atPath: directory + "/rootfs/a"))
        }

        /// A profile and a configuration of the library's own make a container in which a shell works.
        @Test func profileOfTheLibrary() async throws {
            let host = try HostProgram()
            defer { host.end() }
            var spec = Spec.container(
                ["/bin/busybox", "sh", "-c", "echo $(busybox id -u | busybox cat); busybox mount -t tmpfs x /tmp; echo $?; busybox ls /proc/self >/dev/null"],
                root: host.directory + "/rootfs")
            spec.linux?.seccomp = .container
            let job = try await host.runtime.run("box", from: .spec(spec, relativeTo: "/"))
            #expect(job.termination == .exited(0), "\(String(decoding: job.error, as: UTF8.self))")
            #expect(String(decoding: job.output, as: UTF8.self) == "0\n1\n")
            #expect(String(decoding: job.error, as: UTF8.self).contains("ermi"), "\(String(decoding: job.error, as: UTF8.self))")
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
