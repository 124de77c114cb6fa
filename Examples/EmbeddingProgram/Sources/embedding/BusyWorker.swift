import Foundation

/// A thread's work: strings and dictionaries, without an end.
final class BusyWorker: @unchecked Sendable {
    /// A lock of the C library, which the thread sanitizer knows.
    private let lock = NSLock()
    private var count = 0

    /// How many strings it has made.
    var rounds: Int { lock.withLock { count } }

    /// Never returns.
    @Sendable func run() {
        var texts: [String: Int] = [:]
        var number = 0
        while true {
            number &+= 1
            texts["a text that is too long to be kept inside a String: \(number % 500)", default: 0] += 1
            if texts.count >= 400 { texts = [:] }
            lock.withLock { count = number }
        }
    }
}
