import CLinux
import CStageWire

/// A step that did not succeed: the kernel's errno and what the host should know besides.
struct Refusal: Error {
    var errno: Int32
    var detail: stage_detail = stage_detail_none
    var value: Int32 = 0

    init(_ errno: Int32, _ detail: stage_detail = stage_detail_none, value: Int32 = 0) {
        self.errno = errno
        self.detail = detail
        self.value = value
    }
}

func word(_ descriptor: Int32) -> UInt64 {
    UInt64(bitPattern: Int64(descriptor))
}

func word(_ pointer: UnsafeRawPointer?) -> UInt64 {
    UInt64(UInt(bitPattern: pointer))
}

/// The result of the system call, or a refusal; interrupted calls are repeated.
@discardableResult
func call(
    _ number: Int32, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0, _ e: UInt64 = 0, _ f: UInt64 = 0
) throws(Refusal) -> Int64 {
    while true {
        let result = linux_system_call(Int64(number), a, b, c, d, e, f)
        if result >= 0 { return result }
        if result == -Int64(EINTR) || (result == -Int64(EMFILE) && LateClosing.closeAll()) { continue }
        throw Refusal(Int32(-result))
    }
}

/// Closes a descriptor, now or soon.
func close(_ descriptor: Int32) {
    if LateClosing.note(descriptor) { return }
    closeNow(descriptor)
}

/// Closes a descriptor whose other end somebody listens to.
func closeNow(_ descriptor: Int32) {
    _ = linux_system_call(Int64(__NR_close), word(descriptor), 0, 0, 0, 0, 0)
}

/// Descriptors that nobody needs any more and that are still open. A container has a hundred of them, neighbours mostly: some
/// are closed together, and the last by the program's execution, as all of them are close-on-exec.
enum LateClosing {
    /// A bit for each.
    nonisolated(unsafe) private static var waiting: (UInt64, UInt64) = (0, 0)
    nonisolated(unsafe) private static var count = 0
    /// Filters of system calls are written for runtimes that close one by one.
    nonisolated(unsafe) private static var isOver = false

    /// False for one that has to be closed at once.
    static func note(_ descriptor: Int32) -> Bool {
        if unsafe isOver || descriptor < 3 || descriptor >= 128 { return false }
        if descriptor < 64 {
            unsafe waiting.0 |= 1 << UInt64(descriptor)
        } else {
            unsafe waiting.1 |= 1 << UInt64(descriptor - 64)
        }
        unsafe count += 1
        if unsafe count >= 40 { _ = closeAll() }
        return true
    }

    /// - Returns: whether there were any.
    static func closeAll() -> Bool {
        if unsafe count == 0 { return false }
        var first: Int32 = -1
        for descriptor in Int32(3)...128 {
            if descriptor < 128 && isWaiting(descriptor) {
                if first < 0 { first = descriptor }
            } else if first >= 0 {
                _ = linux_system_call(Int64(__NR_close_range), word(first), word(descriptor - 1), 0, 0, 0, 0)
                first = -1
            }
        }
        unsafe waiting = (0, 0)
        unsafe count = 0
        return true
    }

    /// From here on each is closed at once.
    static func end() {
        _ = closeAll()
        unsafe isOver = true
    }

    private static func isWaiting(_ descriptor: Int32) -> Bool {
        unsafe descriptor < 64 ? waiting.0 >> UInt64(descriptor) & 1 == 1 : waiting.1 >> UInt64(descriptor - 64) & 1 == 1
    }
}

func exit(_ status: Int32) -> Never {
    _ = linux_system_call(Int64(__NR_exit_group), word(status), 0, 0, 0, 0, 0)
    // A filter that refuses to end. The stage has one thread, so that ending that is as good.
    _ = linux_system_call(Int64(__NR_exit), word(status), 0, 0, 0, 0, 0)
    linux_trap()
}

/// A path in the plan: bytes that end with a zero.
typealias Path = UnsafePointer<UInt8>

/// A path of an open file in a proc file system, whatever has its name by now: some calls take no descriptor of O_PATH.
func withPath(
    of descriptor: Int32, below directory: StaticString, _ body: (Path) throws(Refusal) -> Void
) throws(Refusal) {
    try unsafe withUnsafeTemporaryWords(5) { (words) throws(Refusal) in
        let path = unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt8.self)
        let start = directory.utf8CodeUnitCount
        for index in 0..<start { unsafe path[index] = directory.utf8Start[index] }
        var rest = descriptor
        var places = 1
        var power: Int32 = 10
        while places < 9 && rest >= power {
            places += 1
            power = power &* 10
        }
        unsafe path[start + places] = 0
        for index in 0..<places {
            unsafe path[start + places - 1 - index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        try unsafe body(path)
    }
}

func length(_ text: Path) -> Int {
    var count = 0
    while unsafe text[count] != 0 { count += 1 }
    return count
}

/// The flags of openat2(2) for everything inside the container: never past the root, never through a magic link.
let resolveInRoot = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

func openInRoot(
    _ root: Int32, _ path: Path, flags: Int32, mode: UInt64 = 0, resolve: UInt64 = resolveInRoot
) throws(Refusal) -> Int32 {
    var how = open_how()
    how.flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
    how.mode = mode
    how.resolve = resolve
    // EAGAIN: something on the path was renamed meanwhile. A hostile container may do that for ever, so the tries are counted.
    var tries = 0
    while true {
        let result = unsafe withUnsafePointer(to: &how) { pointer in
            unsafe linux_system_call(
                Int64(__NR_openat2), word(root), word(path), word(pointer), UInt64(MemoryLayout<open_how>.size), 0, 0)
        }
        if result >= 0 { return Int32(result) }
        if result == -Int64(EMFILE) && LateClosing.closeAll() { continue }
        tries += 1
        if (result == -Int64(EAGAIN) || result == -Int64(EINTR)) && tries < 128 { continue }
        throw Refusal(Int32(-result))
    }
}

/// What fstat tells the stage about an open file.
struct NodeStatus {
    var mode: UInt32
    var user: UInt32
    var group: UInt32
    var inode: UInt64
    var size: UInt64
    /// The kernel's number of the mount that it was reached through.
    var mount: UInt64
    var major: UInt32
    var minor: UInt32

    var isDirectory: Bool { mode & 0o170000 == 0o040000 }
    var isOrdinaryFile: Bool { mode & 0o170000 == 0o100000 }
    var isNullDevice: Bool { mode & 0o170000 == 0o020000 && major == 1 && minor == 3 }

    init(_ descriptor: Int32) throws(Refusal) {
        var record = linux_statx_record()
        let empty: StaticString = ""
        try unsafe withUnsafeMutablePointer(to: &record) { (pointer) throws(Refusal) in
            _ = try unsafe call(
                __NR_statx, word(descriptor), word(empty.utf8Start), UInt64(AT_EMPTY_PATH),
                UInt64(linux_statx_basic | linux_statx_mount), word(pointer))
        }
        mode = UInt32(record.mode)
        user = record.uid
        group = record.gid
        inode = record.inode
        size = record.size
        mount = record.mount_id
        major = record.rdev_major
        minor = record.rdev_minor
    }
}

/// The magic number of the file system that the descriptor lies on (statfs(2), f_type).
func fileSystemMagic(_ descriptor: Int32) throws(Refusal) -> UInt64 {
    try unsafe withUnsafeTemporaryWords(32) { (words) throws(Refusal) in
        try unsafe call(__NR_fstatfs, word(descriptor), word(words))
        return unsafe words[0]
    }
}

/// Some words of the stack. The tuple is the only way to have them without an allocator.
func withUnsafeTemporaryWords<Result>(
    _ count: Int, _ body: (UnsafeMutablePointer<UInt64>) throws(Refusal) -> Result
) throws(Refusal) -> Result {
    typealias Eight = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    let zero: Eight = (0, 0, 0, 0, 0, 0, 0, 0)
    var storage = (zero, zero, zero, zero)
    return try unsafe withUnsafeMutablePointer(to: &storage) { (pointer) throws(Refusal) in
        try unsafe body(UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt64.self))
    }
}
