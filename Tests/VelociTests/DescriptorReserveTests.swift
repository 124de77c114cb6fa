import Foundation
import Glibc
import LinuxKernel
import Testing

@testable import Veloci

/// What is set aside for the undo, in processes of their own: each has its own descriptors.
@Suite struct DescriptorReserveTests {
    /// A program that joins a container needs as many as there are standard streams, so that those that are closed here are nobody's.
    @Test func threeAreEnoughForStreams() async {
        await #expect(processExitsWith: .success) {
            let saved = (0...2 as ClosedRange<Int32>).map { fcntl($0, F_DUPFD, 200) }
            for number in 0...2 as ClosedRange<Int32> { close(number) }
            var closed: [Int32] = []
            var next: Int32 = -1
            do {
                let reserve = try DescriptorReserve(hasContainer: false)
                closed = reserve.closedStreams
                next = open("/", O_RDONLY)
                close(next)
            }
            let free = open("/", O_RDONLY)
            for number in saved.indices { dup2(saved[number], Int32(number)) }
            require(closed.sorted() == [0, 1, 2], "\(closed) are known to be closed")
            require(next > 2, "a file got the number \(next) of a standard stream")
            require(free == 0, "the reserve is not given back: \(free)")
        }
    }

    /// Fewer than it takes are an error, and none of them stays taken.
    @Test(arguments: [3, 8]) func tooFewAreAnError(needed: Int) async {
        if needed == 3 {
            await #expect(processExitsWith: .success) { try DescriptorReserveTests.check(needed: 3) }
        } else {
            await #expect(processExitsWith: .success) { try DescriptorReserveTests.check(needed: 8) }
        }
    }

    private static func check(needed: Int) throws {
        // The lowest numbers are all taken; this many are left.
        var last: Int32 = 0
        repeat { last = open("/", O_RDONLY) } while last < 50
        func leave(_ count: Int) {
            var (end, free) = (last + 1, 0)
            while free < count {
                if fcntl(end, F_GETFD) == -1 { free += 1 }
                end += 1
            }
            var limit = rlimit(rlim_cur: rlim_t(end), rlim_max: 4096)
            require(setrlimit(__rlimit_resource_t(7), &limit) == 0, "no limit of open files")  // RLIMIT_NOFILE
        }
        leave(needed - 1)
        do {
            _ = try DescriptorReserve(hasContainer: needed > 3)
            require(false, "\(needed) fit into \(needed - 1)")
        } catch {
            require(error.errno?.name == "EMFILE" && error.hint?.contains("RLIMIT_NOFILE") == true, "\(error)")
        }
        leave(needed)
        // All that the failure took is free again, and it is no more than that.
        let reserve = try DescriptorReserve(hasContainer: needed > 3)
        require(open("/", O_RDONLY) == -1, "fewer than \(needed) were taken")
        reserve.release()
        require(open("/", O_RDONLY) >= 0, "the reserve is not given back")
    }
}
