import Glibc
import StandaloneSubject
import Testing

/// What the installed executable has in place of the C library, beside the C library.
@Suite struct StandaloneTests {
    /// Blocks of all sizes, kept, grown and given back in no order: none overlaps another, and each keeps what was written to it.
    @Test func memory() throws {
        var random = SystemRandomNumberGenerator()
        var blocks: [(address: UnsafeMutableRawPointer, size: Int, mark: UInt8)] = []
        func check(_ index: Int) {
            let (address, size, mark) = blocks[index]
            let bytes = UnsafeRawBufferPointer(start: address, count: size)
            #expect(bytes.allSatisfy { $0 == mark }, "a block of \(size) bytes was written over")
        }
        for round in 0..<20_000 {
            let power = Int.random(in: 0...(round % 500 == 0 ? 21 : 12), using: &random)
            let size = 1 << power + Int.random(in: -1...40, using: &random)
            let mark = UInt8.random(in: 0...255, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                let address = try #require(subject_malloc(size))
                #expect(UInt(bitPattern: address) % 16 == 0 && subject_malloc_usable_size(address) >= size)
                memset(address, Int32(mark), size)
                blocks.append((address, size, mark))
            case 3:
                let alignment = 1 << Int.random(in: 3...13, using: &random)
                var address: UnsafeMutableRawPointer?
                #expect(subject_posix_memalign(&address, alignment, size) == 0)
                let block = try #require(address)
                #expect(UInt(bitPattern: block) % UInt(alignment) == 0 && subject_malloc_usable_size(block) >= size)
                memset(block, Int32(mark), size)
                blocks.append((block, size, mark))
            case 4:
                let address = try #require(subject_calloc(size, 3))
                #expect(UnsafeRawBufferPointer(start: address, count: 3 * size).allSatisfy { $0 == 0 })
                memset(address, Int32(mark), 3 * size)
                blocks.append((address, 3 * size, mark))
            case 5 where !blocks.isEmpty:
                let index = Int.random(in: 0..<blocks.count, using: &random)
                check(index)
                let old = blocks[index]
                let address = try #require(subject_realloc(old.address, size))
                let kept = UnsafeRawBufferPointer(start: address, count: min(size, old.size))
                #expect(kept.allSatisfy { $0 == old.mark }, "what was in a block did not move with it")
                memset(address, Int32(mark), size)
                blocks[index] = (address, size, mark)
            default:
                guard !blocks.isEmpty else { continue }
                let index = Int.random(in: 0..<blocks.count, using: &random)
                check(index)
                subject_free(blocks[index].address)
                blocks[index] = blocks[blocks.count - 1]
                blocks.removeLast()
            }
        }
        for index in blocks.indices { check(index) }
        blocks.forEach { subject_free($0.address) }
    }

    @Test func memoryThatCannotBe() {
        #expect(subject_malloc(Int.max) == nil && errno == ENOMEM)
        #expect(subject_calloc(Int.max, 3) == nil)
        var address: UnsafeMutableRawPointer?
        #expect(subject_posix_memalign(&address, 24, 8) == EINVAL && subject_posix_memalign(&address, 64, Int.max) == ENOMEM)
        subject_free(nil)
        #expect(subject_malloc_usable_size(nil) == 0)
    }

    /// Every length and distance around the sizes at which another way of copying is taken.
    @Test func copies() {
        for count in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 100, 255, 256, 1000] {
            for from in [0, 1, 7, 16, 40] {
                for to in [0, 1, 2, 7, 15, 16, 17, 39, 41, 200] {
                    let before = (0..<1300).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                    var (ours, theirs) = (before, before)
                    ours.withUnsafeMutableBytes { _ = subject_memmove($0.baseAddress! + to, $0.baseAddress! + from, count) }
                    theirs.withUnsafeMutableBytes { _ = memmove($0.baseAddress! + to, $0.baseAddress! + from, count) }
                    #expect(ours == theirs, "memmove of \(count) from \(from) to \(to)")
                    var target = before
                    target.withUnsafeMutableBytes { target in
                        before.withUnsafeBytes { _ = subject_memcpy(target.baseAddress! + to, $0.baseAddress! + from, count) }
                    }
                    var wanted = before
                    for index in 0..<count { wanted[to + index] = before[from + index] }
                    #expect(target == wanted, "memcpy of \(count) from \(from) to \(to)")
                    ours = before
                    ours.withUnsafeMutableBytes { _ = subject_memset($0.baseAddress! + to, 0x1A5, count) }
                    #expect(ours == before[..<to] + [UInt8](repeating: 0xA5, count: count) + before[(to + count)...])
                }
            }
        }
    }

    @Test func comparisons() {
        let texts = ["", "a", "b", "ab", "abcdefgh", "abcdefgi", "abcdefghi", "\u{e9}", "abcdefgh\u{e9}", "abcdefghj"]
        for one in texts {
            #expect(subject_strlen(one) == one.utf8.count)
            for other in texts {
                #expect(subject_strcmp(one, other).signum() == strcmp(one, other).signum(), "\(one) \(other)")
                for count in 0..<10 {
                    #expect(subject_strncmp(one, other, count).signum() == strncmp(one, other, count).signum())
                    guard count <= min(one.utf8.count, other.utf8.count) else { continue }
                    #expect(subject_memcmp(one, other, count).signum() == memcmp(one, other, count).signum())
                }
            }
        }
    }

    @Test func rounding() {
        let numbers = [0, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 1e9 + 0.5, 4_503_599_627_370_495.5, 9e15, 1e300, .infinity, .leastNonzeroMagnitude]
        for number in numbers + numbers.map({ -$0 }) {
            for (ours, theirs) in [
                (subject_trunc(number), trunc(number)), (subject_floor(number), floor(number)),
                (subject_ceil(number), ceil(number)), (subject_round(number), round(number)),
            ] {
                #expect(ours.bitPattern == theirs.bitPattern, "\(number): \(ours) and not \(theirs)")
            }
        }
        #expect(subject_trunc(.nan).isNaN && subject_ceil(.nan).isNaN && subject_round(.nan).isNaN)
    }
}
