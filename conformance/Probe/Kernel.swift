import CLinux

/// Text as the kernel takes and gives it: bytes that end with a zero.
typealias Text = UnsafePointer<UInt8>

func word(_ number: Int32) -> UInt64 { UInt64(bitPattern: Int64(number)) }

func word(_ pointer: UnsafeRawPointer?) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

/// What the kernel answered: a value from 0, or a negated errno.
func call(
    _ number: Int32, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0, _ e: UInt64 = 0, _ f: UInt64 = 0
) -> Int64 {
    linux_system_call(Int64(number), a, b, c, d, e, f)
}

func exit(_ status: Int32) -> Never {
    while true { _ = call(__NR_exit_group, word(status)) }
}

func length(_ text: Text) -> Int {
    var count = 0
    while unsafe text[count] != 0 { count += 1 }
    return count
}

func isEqual(_ text: Text, _ word: StaticString) -> Bool {
    let count = unsafe length(text)
    guard count == word.utf8CodeUnitCount else { return false }
    for index in 0..<count where unsafe text[index] != word.utf8Start[index] { return false }
    return true
}

/// A decimal number, with a minus sign if it is negative.
func number(_ text: Text) -> Int64 {
    var value: UInt64 = 0
    var index = unsafe text[0] == 45 ? 1 : 0
    while unsafe text[index] >= 48 && text[index] <= 57 {
        value = unsafe value &* 10 &+ UInt64(text[index] &- 48)
        index += 1
    }
    return unsafe text[0] == 45 ? 0 &- Int64(bitPattern: value) : Int64(bitPattern: value)
}

/// The lower half of a decimal number.
func half(_ text: Text) -> UInt32 { unsafe UInt32(truncatingIfNeeded: number(text)) }

/// Memory from the kernel; the probe has no allocator and gives nothing back.
func map(_ size: Int) -> UnsafeMutablePointer<UInt8> {
    let result = call(__NR_mmap, 0, UInt64(size), 3, 0x22, word(Int32(-1)), 0)
    guard result > 0, let memory = unsafe UnsafeMutablePointer<UInt8>(bitPattern: Int(result)) else { exit(120) }
    return unsafe memory
}

/// Opens a path. Negative: the negated errno.
func open(_ path: Text, _ flags: Int32, mode: UInt64 = 0) -> Int64 {
    unsafe call(__NR_openat, word(AT_FDCWD), word(path), UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), mode)
}

func open(_ path: StaticString, _ flags: Int32) -> Int64 { unsafe open(path.utf8Start, flags) }

func close(_ descriptor: Int64) { _ = call(__NR_close, UInt64(bitPattern: descriptor)) }
