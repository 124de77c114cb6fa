import Foundation

/// What one process and those that it waited for cost.
struct Cost {
    /// Microseconds.
    var wall = 0.0, processor = 0.0
    var faults = 0, switches = 0
    /// The largest resident size of any of them, in kB.
    var peak = 0

    static func + (one: Cost, other: Cost) -> Cost {
        Cost(
            wall: one.wall + other.wall, processor: one.processor + other.processor, faults: one.faults + other.faults,
            switches: one.switches + other.switches, peak: max(one.peak, other.peak))
    }
}

/// Where a measurement belongs.
struct Place: Hashable, Comparable {
    /// The view of control groups, the bundle, and what goes on beside it: "hot", "idle", "2-at-once", "100-alive".
    var view: String, bundle: String, situation: String

    var text: String { "\(view) \(bundle) \(situation)" }
    static func < (one: Place, other: Place) -> Bool { one.text < other.text }
}

/// One line of a file of samples.
enum Sample {
    case time(Place, String, runtime: String, Cost)
    case count(Place, String, runtime: String, name: String, Int)

    var line: String {
        switch self {
        case .time(let place, let operation, let runtime, let cost):
            let numbers = "\(cost.wall) \(cost.processor) \(cost.faults) \(cost.switches) \(cost.peak)"
            return "time \(place.text) \(operation) \(runtime) \(numbers)\n"
        case .count(let place, let operation, let runtime, let name, let number):
            return "count \(place.text) \(operation) \(runtime) \(name) \(number)\n"
        }
    }

    init?(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 8 else { return nil }
        let place = Place(view: words[1], bundle: words[2], situation: words[3])
        switch words[0] {
        case "time":
            let numbers = words[6...].compactMap { Double($0) }
            guard numbers.count == 5 else { return nil }
            let cost = Cost(
                wall: numbers[0], processor: numbers[1], faults: Int(numbers[2]), switches: Int(numbers[3]), peak: Int(numbers[4]))
            self = .time(place, words[4], runtime: words[5], cost)
        case "count":
            guard let number = Int(words[7]) else { return nil }
            self = .count(place, words[4], runtime: words[5], name: words[6], number)
        default: return nil
        }
    }
}
