import Foundation
import Glibc
import LinuxKernel
import Testing

@testable import Veloci

/// What is set aside for the undo, in processes of their own: each has its own descriptors.
@Suite struct DescriptorReserveTests {
    /// A program that joins a container needs as many as there are standard streams, so that those that are closed here are nobody's.
    @Test func threeAreEnoughForStreams() async {
        await #expect(processExitsWith: .success) { DescriptorReserveTests.repeated(DescriptorReserveTests.streamsProblem) }
    }

    private static func streamsProblem() -> String? {
        let saved = (0...2 as ClosedRange<Int32>).map { fcntl($0, F_DUPFD, 200) }
        defer { saved.forEach { close($0) } }
        for number in 0...2 as ClosedRange<Int32> { close(number) }
        var closed: [Int32] = []
        var next: Int32 = -1
        do throws(Failure) {
            let reserve = try DescriptorReserve(hasContainer: false)
            closed = reserve.closedStreams
            next = open("/", O_RDONLY)
            close(next)
        } catch {}
        let free = open("/", O_RDONLY)
        for number in saved.indices { dup2(saved[number], Int32(number)) }
        if closed.sorted() != [0, 1, 2] { return "\(closed) are known to be closed" }
        if next <= 2 { return "a file got the number \(next) of a standard stream" }
        return free == 0 ? nil : "the reserve is not given back: \(free)"
    }

    /// Fewer than it takes are an error, and none of them stays taken.
    @Test(arguments: [3, 8]) func tooFewAreAnError(needed: Int) async {
        if needed == 3 {
            await #expect(processExitsWith: .success) { DescriptorReserveTests.check(needed: 3) }
        } else {
            await #expect(processExitsWith: .success) { DescriptorReserveTests.check(needed: 8) }
        }
    }

    /// Other threads of a test's process open and close files now and then: what is wrong is wrong each time.
    private static func repeated(_ problem: () -> String?) {
        var wrong: String?
        for _ in 0..<20 {
            wrong = problem()
            if wrong == nil { return }
            usleep(20_000)
        }
        require(false, wrong ?? "")
    }

    private static func check(needed: Int) { repeated { problem(needed: needed) } }

    private static func problem(needed: Int) -> String? {
        var opened: [Int32] = []
        var before = rlimit()
        getrlimit(__rlimit_resource_t(7), &before)  // RLIMIT_NOFILE
        defer {
            setrlimit(__rlimit_resource_t(7), &before)
            opened.forEach { close($0) }
        }
        // The lowest numbers are all taken; this many are left.
        repeat { opened.append(open("/", O_RDONLY)) } while opened[opened.count - 1] < 50
        func leave(_ count: Int) {
            var (end, free) = (opened[opened.count - 1] + 1, 0)
            while free < count {
                if fcntl(end, F_GETFD) == -1 { free += 1 }
                end += 1
            }
            var limit = rlimit(rlim_cur: rlim_t(end), rlim_max: before.rlim_max)
            setrlimit(__rlimit_resource_t(7), &limit)
        }
        leave(needed - 1)
        do throws(Failure) {
            _ = try DescriptorReserve(hasContainer: needed > 3)
            return "\(needed) fit into \(needed - 1)"
        } catch {
            guard error.errno?.name == "EMFILE", error.hint?.contains("RLIMIT_NOFILE") == true else { return "\(error)" }
        }
        leave(needed)
        do throws(Failure) {
            // All that the failure took is free again, and it is no more than that.
            let reserve = try DescriptorReserve(hasContainer: needed > 3)
            let more = open("/", O_RDONLY)
            reserve.release()
            let again = open("/", O_RDONLY)
            opened += [more, again].filter { $0 >= 0 }
            if more >= 0 { return "fewer than \(needed) were taken" }
            return again >= 0 ? nil : "the reserve is not given back"
        } catch {
            return "\(needed) do not fit into as many: \(error)"
        }
    }
}
