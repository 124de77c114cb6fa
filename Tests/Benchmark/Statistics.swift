/// The samples of one operation of one runtime in one place.
struct Series {
    var costs: [Cost] = []

    func percentile(_ part: Double, of value: (Cost) -> Double) -> Double? { Self.percentile(part, costs.map(value)) }

    private static func percentile(_ part: Double, _ values: [Double]) -> Double? {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return nil }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    /// A tenth of the runs were as cheap or cheaper: what the work costs when nothing disturbs it.
    func quick(_ value: (Cost) -> Double) -> Double? { percentile(0.1, of: value) }
    func middle(_ value: (Cost) -> Double) -> Double? { percentile(0.5, of: value) }

    /// How often the other's cost this is, and the least and most of it when four parts of the run are compared on their own.
    func ratio(to other: Series, _ value: (Cost) -> Double) -> (all: Double, least: Double, most: Double)? {
        guard let own = quick(value), let others = other.quick(value), others > 0 else { return nil }
        let all = own / others
        let length = min(costs.count, other.costs.count) / 4
        guard length > 0 else { return (all, all, all) }
        let parts = (0..<4).compactMap { part -> Double? in
            let range = part * length..<(part + 1) * length
            guard let own = Self.percentile(0.5, costs[range].map(value)),
                let others = Self.percentile(0.5, other.costs[range].map(value)), others > 0
            else { return nil }
            return own / others
        }
        return (all, parts.min() ?? all, parts.max() ?? all)
    }
}

/// All samples, in the order in which places, operations and runtimes came.
struct Results {
    struct Key: Hashable { var place: Place, operation: String, runtime: String }

    private(set) var series: [Key: Series] = [:]
    private(set) var counts: [Key: [String: Int]] = [:]
    private(set) var places: [Place] = [], operations: [Place: [String]] = [:], runtimes: [String] = []

    init(_ samples: [Sample]) {
        for sample in samples {
            switch sample {
            case .time(let place, let operation, let runtime, let cost):
                note(place, operation, runtime)
                series[Key(place: place, operation: operation, runtime: runtime), default: Series()].costs.append(cost)
            case .count(let place, let operation, let runtime, let name, let number):
                note(place, operation, runtime)
                let key = Key(place: place, operation: operation, runtime: runtime)
                let sum = name == "failures" ? (counts[key]?[name] ?? 0) + number : number
                counts[key, default: [:]][name] = sum
            }
        }
        // What is measured comes first, the floor comes last.
        if let floor = runtimes.firstIndex(of: "floor") { runtimes.append(runtimes.remove(at: floor)) }
    }

    private mutating func note(_ place: Place, _ operation: String, _ runtime: String) {
        if !places.contains(place) { places.append(place) }
        if !operations[place, default: []].contains(operation) { operations[place, default: []].append(operation) }
        if !runtimes.contains(runtime) { runtimes.append(runtime) }
    }

    func series(_ place: Place, _ operation: String, _ runtime: String) -> Series? {
        series[Key(place: place, operation: operation, runtime: runtime)]
    }

    func count(_ place: Place, _ operation: String, _ runtime: String, _ name: String) -> Int? {
        counts[Key(place: place, operation: operation, runtime: runtime)]?[name]
    }
}
