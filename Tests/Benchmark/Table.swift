import Foundation

/// The measurements, and the table that shows them.
struct Table {
    let runtimes: [String]
    var systemCalls: [String: [Operation: Int]] = [:]
    var memory: [String: Int] = [:]
    private var samples: [String: [Operation: [Double]]] = [:]

    init(runtimes: [String]) { self.runtimes = runtimes }

    mutating func add(_ costs: [Operation: Double], of runtime: String) {
        for (operation, milliseconds) in costs { samples[runtime, default: [:]][operation, default: []].append(milliseconds) }
    }

    /// A tenth of the runs were as fast or faster: what the work costs when nothing disturbs it.
    private func quick(_ runtime: String, _ operation: Operation) -> Double? { percentile(runtime, operation, 0.1) }

    private func percentile(_ runtime: String, _ operation: Operation, _ part: Double) -> Double? {
        guard let sorted = samples[runtime]?[operation]?.sorted(), !sorted.isEmpty else { return nil }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    var text: String {
        let names = runtimes.map { URL(fileURLWithPath: $0).lastPathComponent }
        var text = "Milliseconds, tenth percentile / median; behind it how often the first runtime's time that is.\n\n"
        text += row([""] + names) + row(["---"] + names.map { _ in "---:" })
        for operation in Operation.allCases { text += row([operation.rawValue] + runtimes.map { time($0, operation) }) }
        text += "\nSystem calls of the runtime's processes, threads included.\n\n"
        text += row([""] + names) + row(["---"] + names.map { _ in "---:" })
        for operation in Operation.allCases {
            text += row([operation.rawValue] + runtimes.map { systemCalls[$0]?[operation].map { "\($0)" } ?? "" })
        }
        text += "\n" + row([""] + names) + row(["---"] + names.map { _ in "---:" })
        text += row(["memory of a created container (PSS, kB)"] + runtimes.map { memory[$0].map { "\($0)" } ?? "" })
        return text
    }

    private func time(_ runtime: String, _ operation: Operation) -> String {
        guard let quick = quick(runtime, operation), let median = percentile(runtime, operation, 0.5) else { return "" }
        var text = String(format: "%.2f / %.2f", quick, median)
        if runtime != runtimes[0], let first = self.quick(runtimes[0], operation) {
            text += String(format: " (%.1f)", quick / first)
        }
        return text
    }

    private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
}
