import Foundation

/// A page with tables, a table for programs and a plot, from files of samples.
struct Report {
    let results: Results
    let facts: String

    init(_ options: Options) throws {
        let lines = try options.samples.flatMap { try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n") }
        results = Results(lines.compactMap { Sample($0) })
        facts = options.facts
        if results.runtimes.isEmpty { throw Trouble("no samples") }
    }

    func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        try write(page, "README.md")
        try write(values, "results.tsv")
        try write(Plot(results: results).text, "plot.svg")
    }

    private var first: String { results.runtimes[0] }

    private var page: String {
        var text = """
            # What commands cost

            \(facts)
            Made by `make bench`, all runtimes in turns in one run. Compare ratios inside one table; times differ from machine to machine.
            p10 is the tenth percentile. CPU is user and system time of all processes that took part, those that work inside the
            container before its program included; what `create` leaves waiting is counted up to then. `life` is create, start and
            delete of a container that ends by itself, with all that happens in between. `floor` makes only the system calls that
            a run cannot do without (Tests/Benchmark/floor.c).

            ![p10 and median of each command](plot.svg)

            """
        for place in results.places {
            text += "\n## \(title(place))\n\n"
            text += place.situation == "counts" ? countTables(place) : costs(place) + "\n" + ratios(place)
        }
        return text
    }

    private func title(_ place: Place) -> String {
        let bundles = ["default": "default bundle", "docker": "Docker's filter and limits", "user": "user namespace"]
        let situations = ["hot": "back to back", "idle": "after idle gaps", "counts": "counted"]
        let situation = situations[place.situation] ?? place.situation.replacingOccurrences(of: "-", with: " ")
        let rounds = results.series.filter { $0.key.place == place }.values.map(\.costs.count).max().map { ", \($0) rounds" }
        return "\(bundles[place.bundle] ?? place.bundle), control groups \(place.view), \(situation)\(rounds ?? "")"
    }

    private func costs(_ place: Place) -> String {
        var text = "wall p10 / median ms · CPU p10 ms · page faults · peak MB\n\n" + head(results.runtimes)
        for operation in results.operations[place] ?? [] {
            text += row([operation] + results.runtimes.map { runtime in
                guard let series = results.series(place, operation, runtime), let quick = series.quick(\.wall),
                    let middle = series.middle(\.wall), let processor = series.quick(\.processor),
                    let faults = series.middle({ Double($0.faults) }), let peak = series.middle({ Double($0.peak) })
                else { return "" }
                return String(
                    format: "%.2f / %.2f · %.2f · %d · %.1f", quick / 1000, middle / 1000, processor / 1000, Int(faults), peak / 1024)
            })
        }
        return text
    }

    private func ratios(_ place: Place) -> String {
        let others = results.runtimes.dropFirst().filter { other in
            (results.operations[place] ?? []).contains { results.series(place, $0, other) != nil }
        }
        guard !others.isEmpty else { return "" }
        var text = "\(first) to the others: CPU p10, wall p10 (in brackets the least and the most that the medians of four parts of the run give)\n\n"
        text += head(others.map { "to \($0)" })
        for operation in results.operations[place] ?? [] {
            text += row([operation] + others.map { other in
                guard let own = results.series(place, operation, first), let peer = results.series(place, operation, other) else { return "" }
                return [own.ratio(to: peer, \.processor), own.ratio(to: peer, \.wall)].map { ratio in
                    guard let ratio else { return "" }
                    return String(format: "%.2f (%.2f–%.2f)", ratio.all, ratio.least, ratio.most)
                }.joined(separator: ", ")
            })
        }
        return text
    }

    private func countTables(_ place: Place) -> String {
        let names = [
            ("system-calls", "System calls, of all processes and threads until the container's program is executed"),
            ("instructions", "Instructions in user space of the process that was called, as callgrind counts them"),
            ("waiting-pss", "Memory of what waits in a created container: proportional set size, kB"),
            ("waiting-charged", "What its control group is charged, kB"),
            ("waiting-charged-kernel", "What its control group is charged for the kernel's memory, kB (in the line above where the kernel adds them)"),
            ("failures", "Commands that failed"),
        ]
        return names.compactMap { name, title -> String? in
            let rows = (results.operations[place] ?? []).compactMap { operation -> String? in
                let cells = results.runtimes.map { results.count(place, operation, $0, name).map { "\($0)" } ?? "" }
                return cells.allSatisfy(\.isEmpty) ? nil : row([operation] + cells)
            }
            return rows.isEmpty ? nil : title + "\n\n" + head(results.runtimes) + rows.joined()
        }.joined(separator: "\n")
    }

    /// Every number once, for programs.
    private var values: String {
        var text = "view\tbundle\tsituation\toperation\truntime\tvalue\tnumber\n"
        for place in results.places {
            for operation in results.operations[place] ?? [] {
                for runtime in results.runtimes {
                    for (name, number) in numbers(place, operation, runtime) {
                        text += [place.view, place.bundle, place.situation, operation, runtime, name, number].joined(separator: "\t") + "\n"
                    }
                }
            }
        }
        return text
    }

    private func numbers(_ place: Place, _ operation: String, _ runtime: String) -> [(String, String)] {
        var numbers = (results.counts[.init(place: place, operation: operation, runtime: runtime)] ?? [:])
            .sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        guard let series = results.series(place, operation, runtime) else { return numbers }
        let values: [(String, (Cost) -> Double)] = [
            ("wall-us", \.wall), ("cpu-us", \.processor), ("faults", { Double($0.faults) }), ("switches", { Double($0.switches) }),
            ("peak-kB", { Double($0.peak) }),
        ]
        numbers.append(("rounds", "\(series.costs.count)"))
        for (name, value) in values {
            for (part, share) in [("least", 0), ("p10", 0.1), ("median", 0.5), ("most", 1)] {
                if let number = series.percentile(share, of: value) { numbers.append(("\(name)-\(part)", String(format: "%.0f", number))) }
            }
        }
        return numbers
    }

    private func head(_ names: [String]) -> String { row(["operation"] + names) + row(["---"] + names.map { _ in "---:" }) }
    private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
}
