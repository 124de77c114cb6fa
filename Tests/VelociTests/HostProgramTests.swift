import CLinux
import Foundation
import Glibc
import LinuxKernel
import RuntimeSpec
import Testing

@testable import Veloci

extension ContainerTests {
    /// What a program that links this library may expect: its children, its descriptors and its signals are as it had them.
    ///
    /// Each test is a process of its own: what it does to itself is nobody else's.
    @Suite struct HostProgramTests {
        /// Whoever creates, starts and deletes without asking for the end has no zombies and no descriptors left.
        @Test func nobodysChildIsLeft() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                try host.runtime.create(host.request("warm", "true"))
                try host.runtime.delete("warm", force: true)
                let before = HostProgram.descriptors
                for number in 0..<20 {
                    try host.runtime.create(host.request("c\(number)", "exit 3"))
                    try host.runtime.start("c\(number)")
                    while try host.runtime.state("c\(number)").status != "stopped" { usleep(1000) }
                    try host.runtime.delete("c\(number)")
                }
                for number in 0..<5 {
                    try host.runtime.create(host.request("d\(number)", "true"))
                    try host.runtime.delete("d\(number)", force: true)
                }
                require(HostProgram.zombies == 0, "\(HostProgram.zombies) zombies")
                require(HostProgram.descriptors == before, "\(HostProgram.descriptors) descriptors instead of \(before)")
            }
        }

        /// A program that another one deletes leaves its zombie only until the next is started.
        @Test func deletedByOthers() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                for number in 0..<3 {
                    let process = try host.runtime.run(host.request("c\(number)", "true"))
                    _ = try Waiting.poll([(process.processDescriptor, .readable)], milliseconds: -1)
                    require(HostProgram.zombies == 1, "\(HostProgram.zombies) zombies after \(number)")
                }
            }
        }

        @Test func manyWaiters() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                let container = try host.runtime.create(host.request("box", "kill -9 $$; exit 7"))
                require(try container.main.poll() == nil, "it has ended before it began")
                try container.start()
                let ends = Locked<[Termination]>([])
                let threads = (0..<8).map { _ in
                    let thread = Thread { if let end = try? container.main.wait() { ends.withLock { $0.append(end) } } }
                    thread.start()
                    return thread
                }
                while threads.contains(where: { !$0.isFinished }) { usleep(1000) }
                let first = try container.main.wait()
                require(ends.withLock { $0 } == Array(repeating: first, count: 8), "\(ends.withLock { $0 })")
                try container.delete()
                require(try container.main.wait() == first, "the end is lost with the container")
            }
        }

        /// Children that end are nobody's business then, says the host; hooks, user namespaces and ends are known all the same.
        @Test(
            .enabled(
                if: (KernelVersion.running ?? KernelVersion(0, 0)) >= KernelVersion(6, 15),
                "needs Linux 6.15, which keeps the end of a child that somebody else took away"),
            arguments: [true, false]
        ) func childrenTakenAwayByTheHost(isIgnored: Bool) async {
            if isIgnored {
                await #expect(processExitsWith: .success) {
                    signal(SIGCHLD, SIG_IGN)
                    try takenAway()
                }
            } else {
                await #expect(processExitsWith: .success) {
                    takeChildrenAway()
                    for _ in 0..<5 { try takenAway() }
                }
            }
        }

        /// Older kernels forget how a child ended that somebody else took away. Hooks and user namespaces are right there too, and
        /// of a program it is said that its end is lost.
        @Test(arguments: [true, false]) func childrenTakenAwayBeforeLinux6_15(isIgnored: Bool) async {
            if isIgnored {
                await #expect(processExitsWith: .success) {
                    signal(SIGCHLD, SIG_IGN)
                    forgetEnds()
                    try takenAway(isForgotten: true)
                }
            } else {
                await #expect(processExitsWith: .success) {
                    takeChildrenAway()
                    forgetEnds()
                    for _ in 0..<5 { try takenAway(isForgotten: true) }
                }
            }
        }

        /// Working directory, masks, limits, subreaper, environment, descriptors: all as the program had them.
        @Test func theHostIsAsBefore() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                setenv("VELOCI_TEST", "a value", 1)
                umask(0o027)
                signal(SIGUSR2, SIG_IGN)
                func everything(_ id: String) throws {
                    var spec = host.spec("sleep 100")
                    spec.process?.user.umask = 0o077
                    spec.process?.rlimits = [Rlimit(.openFiles, soft: 1000), Rlimit(.core, soft: 0)]
                    spec.hooks = Hooks(createRuntime: [Hook(path: "/bin/true")])
                    let container = try host.runtime.create(CreateRequest(id: id, from: .spec(spec, relativeTo: host.directory)))
                    try container.start()
                    let process = Spec.Process(args: ["/bin/busybox", "true"], env: ["A=b"], cwd: "/")
                    _ = try container.execute(process, streams: .collected).wait()
                    try container.pause()
                    try container.resume()
                    try container.update(Resources(pids: Pids(limit: 50)))
                    _ = try (container.statistics(), container.processes(), container.state(), host.runtime.list())
                    do throws(Failure) {
                        try host.runtime.create(host.request(id, "true"))
                        require(false, "two containers of one id")
                    } catch {
                        require(error.code == .exists, "\(error)")
                    }
                    try container.kill(.kill)
                    _ = try container.main.wait()
                    try container.delete()
                }
                try everything("first")
                let before = try HostProgram.traits()
                try everything("second")
                let after = try HostProgram.traits()
                for (one, other) in zip(before, after) where one != other { require(false, "\(one) has become \(other)") }
                require(before.count == after.count, "\(before) has become \(after)")
            }
        }

        @Test func noStandardStreams() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                let saved = (0...2 as ClosedRange<Int32>).map { fcntl($0, F_DUPFD, 200) }
                for number in 0...2 as ClosedRange<Int32> { close(number) }
                let result = Result {
                    let first = try host.output("box", "echo out; cat; exit 4")
                    try host.runtime.create(host.request("two", "cat; echo x; exit 5")).start()
                    var request = host.request("three", "cat && echo x && echo y >&2 && exit 5")
                    request.streams = .inherited
                    return (first, try host.runtime.run(request).wait())
                }
                for number in saved.indices { dup2(saved[number], Int32(number)) }
                let ((text, end), third) = try result.get()
                require(text == "out\n", text)
                require(end == .exited(4) && third == .exited(5), "\(end) \(third)")
            }
        }

        @Test func exchangedStreams() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                let (output, error) = (try Pipes.make(), try Pipes.make())
                let saved = (dup(1), dup(2))
                dup2(output.writer, 1)
                dup2(error.writer, 2)
                var request = host.request("box", "echo out; echo err >&2")
                request.streams = StandardStreams(output: .descriptor(2), error: .descriptor(1))
                let process = try host.runtime.run(request)
                dup2(saved.0, 1)
                dup2(saved.1, 2)
                close(output.writer)
                close(error.writer)
                _ = try process.wait()
                let (one, two) = (HostProgram.read(output.reader), HostProgram.read(error.reader))
                require(one == "err\n" && two == "out\n", "output got \(one), error got \(two)")
            }
        }

        /// Descriptors get the numbers that the program is told, whatever has these numbers here; nothing else is open there.
        @Test func passedDescriptors() async {
            await #expect(processExitsWith: .success) {
                let host = try HostProgram()
                defer { host.end() }
                let ends = try (0..<40).map { _ in try Pipes.make() }
                defer { for end in ends { close(end.reader) } }
                var request = host.request("box", "")
                var spec = host.spec("echo three >&3; echo four >&4; for fd in /proc/$$/fd/*; do echo ${fd##*/}; done")
                spec.mounts = [Mount(destination: "/proc", type: "proc", source: "proc")]
                try FileManager.default.createDirectory(atPath: host.directory + "/rootfs/proc", withIntermediateDirectories: true)
                request.source = .spec(spec, relativeTo: host.directory)
                request.streams.output = .pipe
                // Each has the number of the other, and further ones those of what the library opens next.
                request.passing = [3: ends[30].writer, 4: ends[31].writer]
                for number in 5...80 as ClosedRange<Int32> { request.passing[number] = ends[Int(number) % 30].writer }
                let process = try host.runtime.run(request)
                let text = HostProgram.read(process.output)
                _ = try process.wait()
                for end in ends { close(end.writer) }
                require(HostProgram.read(ends[30].reader) == "three\n", "the third went elsewhere")
                require(HostProgram.read(ends[31].reader) == "four\n", "the fourth went elsewhere")
                let open = text.split(separator: "\n").compactMap { Int($0) }.sorted()
                // The last is the directory that the shell reads.
                require(open == Array(0...81), "open: \(open)")
            }
        }

        @Test(arguments: [[2: 1], [-1: 1], [3: 999], [5_000_000: 1]] as [[Int32: Int32]])
        func refusedDescriptors(passing: [Int32: Int32]) throws {
            let host = try HostProgram()
            defer { host.end() }
            var request = host.request("box", "true")
            request.passing = passing
            let failure = #expect(throws: Failure.self) { try host.runtime.create(request) }
            #expect(failure?.code == .invalidArgument)
            #expect(try host.runtime.list().isEmpty)
        }

        @Test func refusedStream() throws {
            let host = try HostProgram()
            defer { host.end() }
            var request = host.request("box", "true")
            request.streams.error = .descriptor(999)
            let failure = #expect(throws: Failure.self) { try host.runtime.run(request) }
            #expect(failure?.errno?.name == "EBADF" && failure?.message.contains("standard error") == true)
            // The id is free.
            request.streams.error = .null
            #expect(try host.runtime.run(request).wait() == .exited(0))
        }

        @Test func outOfMemoryIsTold() throws {
            let host = try HostProgram()
            defer { host.end() }
            var spec = host.spec("x=a; while true; do x=$x$x; done")
            spec.linux?.resources = Resources(memory: Memory(limit: 8 << 20))
            let process = try host.runtime.run(CreateRequest(id: "box", from: .spec(spec, relativeTo: host.directory)))
            #expect(try process.wait() == .signaled(.kill, outOfMemory: true))
            let other = try host.runtime.run(host.request("two", "sleep 100"))
            try other.send(.kill)
            #expect(try other.wait() == .signaled(.kill, outOfMemory: false))
        }

        @Test func statisticsAreTyped() throws {
            let host = try HostProgram()
            defer { host.end() }
            let container = try host.runtime.create(host.request("box", "sleep 100"))
            #expect(try container.statistics().pids.current == 1)
            var watch = try container.watch()
            #expect(try watch.next(within: .zero) == nil)
            try container.delete(force: true)
            #expect(try watch.next(within: .seconds(Int64.max)) == .stopped)
        }

        /// Another program's container, here one whose process is nobody's child any more.
        @Test func containersOfOthers() throws {
            let host = try HostProgram()
            defer { host.end() }
            _ = try host.runtime.create(host.request("box", "sleep 100"))
            let found = try host.runtime.container("box")
            try found.start()
            try found.kill(.terminate)
            try found.kill(.kill)
            let end = try found.main.wait()
            #expect(end == .signaled(.kill, outOfMemory: false))
            let failure = #expect(throws: Failure.self) { try host.runtime.container("nobody") }
            #expect(failure?.code == .notFound)
        }

        @Test(arguments: ["rootfs", ""]) func relativeDirectory(path: String) throws {
            let host = try HostProgram()
            defer { host.end() }
            let failure = #expect(throws: Failure.self) {
                try host.runtime.create(CreateRequest(id: "box", from: .spec(host.spec("true"), relativeTo: path)))
            }
            #expect(failure?.code == .invalidArgument)
        }
    }
}

/// A thread that waits for whatever child there is.
private func takeChildrenAway() {
    Thread {
        while true {
            var status: Int32 = 0
            if waitpid(-1, &status, 0) < 0 { usleep(200) }
        }
    }.start()
}

/// From here on this thread, and what it starts, has the kernel's answer of before 6.15 to the question how a process ended
/// (PIDFD_GET_INFO): there is no such question.
private func forgetEnds() {
    var filter = [
        sock_filter(code: 0x20, jt: 0, jf: 0, k: 0),  // the system call
        sock_filter(code: 0x15, jt: 0, jf: 3, k: UInt32(__NR_ioctl)),
        sock_filter(code: 0x20, jt: 0, jf: 0, k: 24),  // the second argument
        sock_filter(code: 0x15, jt: 0, jf: 1, k: 0xc040_ff0b),
        sock_filter(code: 0x06, jt: 0, jf: 0, k: 0x0005_0000 | UInt32(ENOTTY)),
        sock_filter(code: 0x06, jt: 0, jf: 0, k: 0x7fff_0000),
    ]
    filter.withUnsafeMutableBufferPointer { filter in
        var program = sock_fprog(len: UInt16(filter.count), filter: filter.baseAddress)
        let result = withUnsafeMutablePointer(to: &program) { program in
            linux_system_call(Int64(__NR_seccomp), 1, 0, UInt64(UInt(bitPattern: program)), 0, 0, 0)
        }
        require(result == 0, "no filter: \(result)")
    }
}

/// Hooks, a forking stage and an end, where the host takes children away.
private func takenAway(isForgotten: Bool = false) throws {
    let host = try HostProgram()
    defer { host.end() }
    func ends(_ process: ContainerProcess, _ what: String) throws {
        do throws(Failure) {
            let end = try process.wait()
            require(end == .exited(3), "\(what): \(end)")
        } catch {
            require(isForgotten && error.code == .statusLost, "\(what): \(error)")
        }
    }
    var spec = host.spec("exit 3")
    spec.hooks = Hooks(createRuntime: [Hook(path: "/bin/true")], poststart: [Hook(path: "/bin/true")])
    try ends(try host.runtime.run(CreateRequest(id: "good", from: .spec(spec, relativeTo: host.directory))), "a program")
    spec.linux?.namespaces?.append(Namespace(type: "user"))
    spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: 0, size: 1000)]
    spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: 0, size: 1000)]
    try ends(try host.runtime.run(CreateRequest(id: "mapped", from: .spec(spec, relativeTo: host.directory))), "a user namespace")
    for (hook, words) in [
        (Hook(path: "/bin/false"), "exit status 1"), (Hook(path: "/bin/sh", args: ["sh", "-c", "kill -9 $$"]), "signal 9"),
        (Hook(path: "/bin/sleep", args: ["sleep", "100"], timeout: 1), "past specified timeout of 1s"),
        (Hook(path: "/nowhere"), "cannot execute it"),
    ] {
        spec = host.spec("exit 3")
        spec.hooks = Hooks(createRuntime: [hook])
        do throws(Failure) {
            _ = try host.runtime.run(CreateRequest(id: "bad", from: .spec(spec, relativeTo: host.directory)))
            require(false, "a hook that fails does no harm: \(words)")
        } catch {
            require(error.code == .hook && error.message.contains(words), "\(error)")
        }
    }
    // The host program may be about to take one away.
    for _ in 0..<200 where HostProgram.zombies > 0 { usleep(10_000) }
    require(HostProgram.zombies == 0, "\(HostProgram.zombies) zombies")
}
