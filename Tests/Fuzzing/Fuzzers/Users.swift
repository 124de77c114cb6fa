import CLinux
import Glibc
import StageForHost

@testable import VelociCommand

extension Fuzzer {
    /// The image's /etc/passwd, as the stage reads it, and as `list` reads the host's.
    static let users = Fuzzer("users", seeds: [
        "0root:x:0:0:root:/root:/bin/sh\n", "\u{1}a:b:1:2:c:/home/a:d\nx::1:::\n", "\u{5}x:x:5:::/h", "\u{9}:::9:9:9:/\n9:x:09:1:y:/z:\n",
        "0" + String(repeating: "r:x:0:0::/", count: 500),
    ]) { bytes in
        var input = Input(bytes)
        let user = UInt64(input.byte())
        let content = Array(input.rest)
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
        buffer.initialize(repeating: 0x55, count: 4096)
        defer { buffer.deallocate() }
        HostedStage.findHome(user: user, into: buffer, FileKernel(content, chunk: 1 + input.below(200)))
        let found = String(cString: UnsafeRawPointer(buffer).assumingMemoryBound(to: CChar.self))
        let expected = "HOME=" + (home(of: user, in: content) ?? "/")
        expect(Array(found.utf8).elementsEqual(expected.utf8), "\(found) instead of \(expected)")
        let text = String(decoding: content, as: UTF8.self)
        let name = UserNames.name(UInt32(user), in: text)
        expect(name == nil || text.utf8.count >= name!.utf8.count, "a name that is not there")
    }

    /// The sixth field of the first line whose third is the number: at most ten digits.
    private static func home(of user: UInt64, in content: [UInt8]) -> String? {
        for line in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 5, !fields[2].isEmpty, fields[2].count <= 10, fields[2].allSatisfy({ (0x30...0x39).contains($0) }),
                UInt64(String(decoding: fields[2], as: UTF8.self)) == user, !fields[5].isEmpty, fields[5].count < 4096 - 6
            else { continue }
            // A text of C ends at its first zero.
            return String(decoding: fields[5].prefix { $0 != 0 }, as: UTF8.self)
        }
        return nil
    }
}

/// A kernel with one file.
private final class FileKernel: StageKernel {
    private var rest: ArraySlice<UInt8>
    private let size: Int
    private let chunk: Int

    init(_ content: [UInt8], chunk: Int) {
        rest = content[...]
        size = content.count
        self.chunk = chunk
    }

    func answer(_ number: Int32, _ a: [UInt64]) -> Int64 {
        switch number {
        case __NR_openat2: return 9
        case __NR_fstatfs: UnsafeMutableRawPointer(bitPattern: UInt(a[1]))?.storeBytes(of: 0x0102_1994, as: UInt64.self)
        case __NR_statx:
            var status = linux_statx_record()
            status.mode = 0o100644
            status.size = UInt64(size)
            UnsafeMutableRawPointer(bitPattern: UInt(a[4]))?.storeBytes(of: status, as: linux_statx_record.self)
        case __NR_read:
            let part = rest.prefix(min(chunk, Int(a[2])))
            rest = rest.dropFirst(part.count)
            Array(part).withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { UnsafeMutableRawPointer(bitPattern: UInt(a[1]))?.copyMemory(from: start, byteCount: bytes.count) }
            }
            return Int64(part.count)
        case __NR_mmap: return Int64(Int(bitPattern: mmap(nil, Int(a[1]), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
        case __NR_munmap: munmap(UnsafeMutableRawPointer(bitPattern: UInt(a[0])), Int(a[1]))
        default: break
        }
        return 0
    }
}
