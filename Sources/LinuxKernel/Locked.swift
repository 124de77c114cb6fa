internal import CLinux

/// A value that several threads of the host program share, one at a time.
///
/// The lock is held for moments only: nobody waits for the kernel with it.
@safe package final class Locked<Value>: @unchecked Sendable {
    private let word: UnsafeMutablePointer<UInt32>
    private var value: Value

    /// - Parameter value: what it is at first.
    package init(_ value: sending Value) {
        unsafe word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        unsafe word.initialize(to: 0)
        self.value = value
    }

    deinit { unsafe word.deallocate() }

    /// Calls `body` with the value, which is nobody else's until it returns.
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe linux_lock(word)
        defer { unsafe linux_unlock(word) }
        return body(&value)
    }
}
