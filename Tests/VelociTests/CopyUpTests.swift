import CLinux
import Foundation
import Glibc
import LinuxKernel
import Testing

@testable import Veloci

/// `tmpcopyup` copies from a directory that others may change meanwhile.
@Suite(.serialized) struct CopyUpTests {
    private let directory: String
    private var source: String { directory + "/source" }
    private var target: String { directory + "/target" }

    init() throws {
        directory = NSTemporaryDirectory() + "/veloci-copy-" + UUID().uuidString
        for name in ["source", "target"] {
            try FileManager.default.createDirectory(atPath: directory + "/" + name, withIntermediateDirectories: true)
        }
    }

    private func copy(limit: UInt64? = nil) throws {
        let from = try Files.open(source, flags: .directory)
        let to = try Files.open(target, flags: .directory)
        var copy = CopyUp(owners: nil, limit: limit)
        try copy.copy(from, to: to.number, keepsOwner: true)
    }

    @Test func namesNeedNotBeText() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let name: [CChar] = Array((source + "/a").utf8CString.dropLast()) + [-1, 0]
        close(creat(name, 0o640))
        mkdir(Array((source + "/d").utf8CString.dropLast()) + [-2, 0], 0o750)
        symlink(Array("nowhere".utf8CString.dropLast()) + [-4, 0], Array((source + "/").utf8CString.dropLast()) + [-3, 0])
        try copy()
        let found = Set(try Files.names(in: target).map(\.bytes))
        #expect(found == [Array("a".utf8) + [0xff], Array("d".utf8) + [0xfe], [0xfd]])
        let link = try #require(try Files.names(in: target).first { $0.bytes == [0xfd] })
        let directory = try Files.open(target, flags: .directory)
        let opened = try Files.open(link, flags: [.path, .noFollow], at: directory.number)
        #expect(try Files.readLink(opened) == Array("nowhere".utf8) + [0xfc])
    }

    /// More than the container may have is refused, and not copied first.
    @Test func limitHolds() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for name in ["one", "two"] {
            FileManager.default.createFile(atPath: source + "/" + name, contents: Data(repeating: 1, count: 600_000))
        }
        let error = #expect(throws: KernelError.self) { try copy(limit: 1_000_000) }
        #expect(error?.errno == .noSpace)
        let copied = ["one", "two"].map {
            (try? FileManager.default.attributesOfItem(atPath: target + "/" + $0)[.size] as? Int) ?? 0
        }
        #expect(copied.reduce(0) { $0 + ($1 ?? 0) } == 600_000)
    }

    /// A sibling exchanges a file for a fifo, which would be waited for, and for a device, which has no end.
    @Test(.enabled(if: geteuid() == 0, "devices need root")) func exchangedFiles() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        FileManager.default.createFile(atPath: source + "/file", contents: Data("content".utf8))
        mkfifo(directory + "/fifo", 0o666)
        try #require(mknod(directory + "/zero", S_IFCHR | 0o666, dev_t(1 << 8 | 5)) == 0)
        let isOver = Flag()
        let thread = Thread { [source, directory] in
            while !isOver.isSet {
                for other in ["/fifo", "/zero"] {
                    for _ in 0..<2 { CopyUpTests.exchange(source + "/file", directory + other) }
                }
            }
        }
        thread.start()
        defer { isOver.set() }
        var files = 0
        for _ in 0..<3000 {
            try copy()
            if let data = FileManager.default.contents(atPath: target + "/file") {
                #expect(data == Data("content".utf8))
                files += 1
            }
            unlink(target + "/file")
        }
        #expect(files > 0 && files < 3000, "\(files) of 3000 found the file: nothing was exchanged")
    }

    private static func exchange(_ first: String, _ second: String) {
        first.withCString { first in
            second.withCString { second in
                let here = UInt64(bitPattern: -100)
                let (a, b) = (UInt64(UInt(bitPattern: first)), UInt64(UInt(bitPattern: second)))
                _ = linux_system_call(Int64(__NR_renameat2), here, a, here, b, 2, 0)  // RENAME_EXCHANGE
            }
        }
    }

    private final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var value = false
        var isSet: Bool { lock.withLock { value } }
        func set() { lock.withLock { value = true } }
    }
}
