import Foundation

/// A thread's work: strings and dictionaries, without an end.
final class BusyWorker: @unchecked Sendable {
    /// A lock of the C library, which the thread sanitizer knows.
    private let lock = NSLock()
    private var count = 0
    /// Microseconds of rest after each hundred strings.
    private let rest: UInt32

    init(rest: UInt32) {
        self.rest = rest
    }

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
            if rest > 0, number % 100 == 0 { usleep(rest) }
        }
    }
}
