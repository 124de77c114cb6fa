import Foundation
import Synchronization

/// A thread's work: strings and dictionaries, without an end.
final class BusyWorker: Sendable {
    private let count = Mutex(0)

    /// How many strings it has made.
    var rounds: Int { count.withLock(\.self) }

    /// Never returns.
    @Sendable func run() {
        var texts: [String: Int] = [:]
        var number = 0
        while true {
            number &+= 1
            texts["a text that is too long to be kept inside a String: \(number % 500)", default: 0] += 1
            if texts.count >= 400 { texts = [:] }
            count.withLock { $0 = number }
        }
    }
}
