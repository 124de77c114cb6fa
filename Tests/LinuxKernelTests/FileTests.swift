import CLinux
import Foundation
import LinuxKernel
import Testing

/// A directory that goes with the test.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "linux-kernel-\(UUID().uuidString)"
        try Files.makeDirectory(path, mode: 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Whether a descriptor number is open in this process.
func isOpen(_ number: Int32) -> Bool {
    linux_system_call(Int64(__NR_fcntl), UInt64(number), UInt64(CLinux.F_GETFD), 0, 0, 0, 0) >= 0
}

func isCloseOnExec(_ number: Int32) -> Bool {
    linux_system_call(Int64(__NR_fcntl), UInt64(number), UInt64(CLinux.F_GETFD), 0, 0, 0, 0) == Int64(CLinux.FD_CLOEXEC)
}

@Suite struct FileTests {
    @Test func descriptorsAreClosedByTheirOwner() throws {
        var number: Int32 = -1
        do {
            let file = try Files.open("/dev/null")
            number = file.number
            #expect(isOpen(number))
            #expect(isCloseOnExec(number))
            let copy = try file.duplicate(atLeast: 900)
            let other = copy.number
            #expect(other >= 900)
            #expect(isCloseOnExec(other))
        }
        // Another test may have got the number meanwhile, but none asks for one this high.
        let high = try Files.open("/dev/null").duplicate(atLeast: 950).release()
        #expect(isOpen(high))
        do { _ = Descriptor(owning: high) }
        #expect(!isOpen(high))
    }

    @Test func neighboursAreClosedTogetherAndNobodyElse() throws {
        let file = try Files.open("/dev/null")
        let numbers: [Int32] = [970, 971, 972, 974, 976, 977]
        for number in numbers { #expect(try file.duplicate(atLeast: number).release() == number) }
        Descriptor.close([976, 970, 972, 971])
        #expect(numbers.filter { isOpen($0) } == [974, 977])
        Descriptor.close([974, 977])
        #expect(!isOpen(974) && !isOpen(977))
        Descriptor.close([])
    }

    /// Of a value that is longer than one read nothing is missing.
    @Test func valuesAreReadWhole() throws {
        let scratch = try Scratch()
        for count in [0, 1, 4095, 4096, 4097, 70_000] {
            let text = String(repeating: "v", count: count)
            try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.file("value")))
            #expect(try Files.readValue(scratch.file("value")) == text)
        }
    }

    @Test func errorsSayWhatWasAsked() throws {
        #expect(throws: KernelError(.noEntry, call: "openat", object: "/does/not/exist")) {
            _ = try Files.open("/does/not/exist").number
        }
        let error = KernelError(.notDirectory, call: "openat", object: "/etc/passwd/x")
        #expect(error.description == "openat /etc/passwd/x: not a directory (ENOTDIR)")
        #expect(Errno(rawValue: 4000).name == "errno 4000")
    }

    /// A path with a zero inside would be cut by the kernel and mean another file.
    @Test func zerosInPathsAreRefused() {
        #expect(throws: KernelError.self) { _ = try Files.open("/dev/null\0/x").number }
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 200_000]) func filesAreReadWhole(_ size: Int) throws {
        let scratch = try Scratch()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let file = try Files.open(scratch.file("a"), flags: [.writeOnly, .create, .exclusive], mode: 0o600)
        try Files.write(bytes, to: file)
        #expect(try Files.read(scratch.file("a")) == bytes)
        if size > 1 { #expect(throws: KernelError.self) { try Files.read(scratch.file("a"), limit: size - 1) } }
    }

    @Test func directoriesAreMadeListedAndRemoved() throws {
        let scratch = try Scratch()
        try Files.makeDirectories(scratch.file("a/b/c"), mode: 0o755)
        try Files.makeDirectories(scratch.file("a/b/c"), mode: 0o755)
        for index in 0..<300 { try Files.makeLink(scratch.file("a/link\(index)"), to: "b") }
        #expect(try Files.list(scratch.file("a")).count == 301)
        #expect(try Files.readLink(scratch.file("a/link7")) == "b")
        #expect(try Files.status(of: scratch.file("a/link7")).kind == .symbolicLink)
        #expect(try Files.status(of: scratch.file("a/link7"), followingLink: true).kind == .directory)
        #expect(throws: KernelError(.notEmpty, call: "rmdir", object: scratch.file("a"))) {
            try Files.removeDirectory(scratch.file("a"))
        }
        #expect(throws: KernelError.self) { try Files.makeDirectory(scratch.file("a"), mode: 0o755) }
    }

    @Test func noLinkLeadsOutOfARoot() throws {
        let scratch = try Scratch()
        try Files.makeDirectories(scratch.file("root/etc"), mode: 0o755)
        try Files.makeLink(scratch.file("root/up"), to: "../../../../../../..")
        try Files.makeLink(scratch.file("root/absolute"), to: "/etc")
        let root = try Files.open(scratch.file("root"), flags: [.path, .directory])
        let own = try Files.status(of: scratch.file("root")).inode
        let etc = try Files.status(of: scratch.file("root/etc")).inode
        let up = try RootedFiles.open("up", in: root, flags: .path)
        #expect(try Files.status(of: up).inode == own)
        let absolute = try RootedFiles.open("absolute", in: root, flags: .path)
        #expect(try Files.status(of: absolute).inode == etc)
        #expect(throws: KernelError(.noEntry, call: "openat2", object: "absolute/passwd")) {
            _ = try RootedFiles.open("absolute/passwd", in: root, flags: .path).number
        }
    }

    @Test func locksExcludeEachOther() throws {
        let scratch = try Scratch()
        let one = try Files.open(scratch.path, flags: .directory)
        let other = try Files.open(scratch.path, flags: .directory)
        try Files.lock(one)
        #expect(throws: KernelError(.again, call: "flock")) { try Files.lock(other, waiting: false) }
    }

    @Test func sealedFilesStayAsTheyAre() throws {
        let content = Array("content".utf8)
        let file = try content.withUnsafeBytes { try MemoryFiles.sealedFile(name: "test", executable: false, $0).release() }
        defer { _ = Descriptor(owning: file) }
        #expect(try Files.readText("/proc/self/fd/\(file)") == "content")
        let again = try Files.open("/proc/self/fd/\(file)", flags: .readWrite)
        #expect(throws: KernelError.self) { try Files.write([1], to: again) }
    }
}

@Suite struct FileNameTests {
    /// Names that are no UTF-8 are found, opened and removed under their own name, not under one with replacements.
    @Test func anyBytes() throws {
        let scratch = try Scratch()
        let directory = try Files.open(scratch.path, flags: .directory)
        for name in [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80], Array("ok".utf8)] as [[UInt8]] {
            #expect(
                (Array(scratch.file("").utf8) + name + [0]).withUnsafeBufferPointer { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { mkdir($0.baseAddress!, 0o755) }
                } == 0)
        }
        let names = try Files.directories(in: ".", at: directory.number)
        #expect(names.count == 4)
        #expect(try Set(names) == Set(Files.names(in: scratch.path)))
        for name in names {
            _ = try Files.open(name, flags: .directory, at: directory.number)
            try Files.removeDirectory(name, at: directory.number)
        }
        #expect(try Files.names(in: scratch.path).isEmpty)
    }
}
