import Foundation
import RuntimeSpec
import TestSupport
import Testing
import VelociAsync

extension ContainerTests {
    /// Checkpoint and restore for tasks.
    @Suite(.enabled(if: Criu.isContent, Comment(rawValue: Criu.reason))) struct CheckpointTaskTests {
        /// A container that counts in a file of its root, and where its images are.
        private struct Counting {
            let host: HostProgram
            let source: ContainerSource
            var options: CheckpointOptions
            var images: String { options.imagePath }

            init() throws {
                host = try HostProgram()
                for name in ["dev", "proc"] {
                    try FileManager.default.createDirectory(atPath: host.directory + "/rootfs/" + name, withIntermediateDirectories: true)
                }
                var spec = host.spec("i=0; while :; do i=$((i + 1)); echo $i >>/count; sleep 0.05; done")
                spec.mounts = [Mount(destination: "/proc", type: "proc"), Mount(destination: "/dev", type: "tmpfs")]
                source = .spec(spec, relativeTo: host.directory)
                options = CheckpointOptions(imagePath: host.directory + "/images")
                options.controlGroupMode = .ignore
            }

            var numbers: [Int] {
                let text = (try? String(contentsOfFile: host.directory + "/rootfs/count", encoding: .utf8)) ?? ""
                return text.split(separator: "\n").compactMap { Int($0) }
            }

            /// Waits until it counts further.
            func goesOn() async throws {
                let before = numbers.last ?? 0
                for _ in 0..<2000 where numbers.last ?? 0 <= before { try await Task.sleep(for: .milliseconds(10)) }
                #expect(numbers.last ?? 0 > before, "it does not go on after \(before)")
            }
        }

        @Test func thereAndBack() async throws {
            let counting = try Counting()
            let host = counting.host
            defer { host.end() }
            let container = try await host.runtime.create("box", from: counting.source)
            try await container.start()
            try await counting.goesOn()

            let dumped = Moments()
            var leaving = counting.options
            leaving.leavesRunning = true
            try await container.checkpoint(to: counting.images, options: leaving, progress: dumped.progress)
            #expect(dumped.all.contains(.networkLock) && dumped.all.contains(.postDump), "\(dumped.all)")
            #expect(try await container.state().status == "running")
            try await counting.goesOn()

            try await container.checkpoint(to: counting.images, options: counting.options)
            #expect(try await container.main.termination == .signaled(.kill, outOfMemory: false))
            #expect(try host.runtime.list().isEmpty)

            let back = Moments()
            let main = try await host.runtime.restore(
                CreateRequest(id: "box", from: counting.source), from: counting.images, options: counting.options, progress: back.progress)
            #expect(back.all.contains(.postRestore) && back.all.last == .postResume, "\(back.all)")
            try await counting.goesOn()
            let numbers = counting.numbers
            #expect(numbers == Array(1...numbers.count), "it began anew")
            let restored = try await host.runtime.container("box")
            #expect(try await restored.state().status == "running")
            try await restored.kill(.kill)
            #expect(try await main.termination == .signaled(.kill, outOfMemory: false))
            try await restored.delete()
            #expect(HostProgram.zombies == 0)
        }

        /// A failure leaves what was there: a container that runs, or none.
        @Test func failures() async throws {
            let counting = try Counting()
            let host = counting.host
            defer { host.end() }
            try await host.runtime.withContainer("box", from: counting.source) { container in
                let early = await #expect(throws: Failure.self) { try await container.checkpoint(to: counting.images, options: counting.options) }
                #expect(early?.code == .notRunning)
                try await container.start()
                try await counting.goesOn()
                try Data().write(to: URL(fileURLWithPath: counting.images))
                await #expect(throws: Failure.self) { try await container.checkpoint(to: counting.images, options: counting.options) }
                #expect(try await container.state().status == "running")
                try await counting.goesOn()
            }
            await #expect(throws: Failure.self) {
                _ = try await host.runtime.restore(
                    CreateRequest(id: "box", from: counting.source), from: host.directory + "/none", options: counting.options)
            }
            #expect(try host.runtime.list().isEmpty)
        }

        /// It is heard on another thread than that of the test.
        private final class Moments: @unchecked Sendable {
            private let lock = NSLock()
            private var heard: [CheckpointMoment] = []
            var all: [CheckpointMoment] { lock.withLock { heard } }
            var progress: CheckpointProgress { CheckpointProgress { moment in self.lock.withLock { self.heard.append(moment) } } }
        }
    }
}
