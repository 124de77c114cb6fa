import Foundation

/// Wall time of each command as dots on a logarithmic axis: p10 is filled, a line leads to the median.
struct Plot {
    let results: Results
    private let left = 90.0, width = 760.0, rowHeight = 18.0
    private let colours = ["#0b6e4f", "#c1440e", "#e09f3e", "#335c9e", "#7b4fa3", "#8a8a8a"]

    private var panels: [Place] {
        results.places.filter { place in
            place.situation != "counts" && (results.operations[place] ?? []).contains { results.series(place, $0, results.runtimes[0]) != nil }
        }
    }

    var text: String {
        var body = legend, top = 50.0
        for place in panels {
            let (panel, height) = panel(place, top)
            body += panel
            top += height
        }
        let size = "\(Int(left + width + 30))", height = "\(Int(top))"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(size)" height="\(height)" viewBox="0 0 \(size) \(height)" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            \(body)</svg>

            """
    }

    private func colour(_ index: Int) -> String { results.runtimes[index] == "floor" ? "#222222" : colours[index % colours.count] }

    private var legend: String {
        results.runtimes.enumerated().map { index, runtime in
            let x = left + Double(index) * 150
            return "<circle cx=\"\(x)\" cy=\"20\" r=\"5\" fill=\"\(colour(index))\"/><text x=\"\(x + 10)\" y=\"24\">\(runtime)</text>\n"
        }.joined()
    }

    private func panel(_ place: Place, _ top: Double) -> (String, Double) {
        let operations = results.operations[place] ?? []
        let values = operations.flatMap { operation in
            results.runtimes.compactMap { results.series(place, operation, $0) }.flatMap { [$0.quick(\.wall), $0.middle(\.wall)] }
        }.compactMap { $0 }.map { $0 / 1000 }
        guard let least = values.min(), let most = values.max(), least > 0 else { return ("", 0) }
        let low = log10(least * 0.85), high = max(log10(most * 1.15), low + 0.3)
        func x(_ value: Double) -> Double { left + (log10(value) - low) / (high - low) * width }
        let bottom = top + 22 + Double(operations.count) * rowHeight
        var text = "<text x=\"\(left)\" y=\"\(top + 10)\" font-weight=\"bold\">\(place.text), wall ms</text>\n"
        for tick in ticks(from: low, to: high) {
            let place = number(x(tick))
            text += "<line x1=\"\(place)\" x2=\"\(place)\" y1=\"\(top + 18)\" y2=\"\(bottom)\" stroke=\"#dddddd\"/>"
            text += "<text x=\"\(place)\" y=\"\(bottom + 13)\" text-anchor=\"middle\" fill=\"#555555\">\(label(tick))</text>\n"
        }
        for (index, operation) in operations.enumerated() {
            let y = top + 30 + Double(index) * rowHeight
            text += "<text x=\"\(left - 8)\" y=\"\(y + 4)\" text-anchor=\"end\">\(operation)</text>\n"
            for (which, runtime) in results.runtimes.enumerated().reversed() {
                guard let series = results.series(place, operation, runtime), let quick = series.quick(\.wall),
                    let middle = series.middle(\.wall)
                else { continue }
                let from = number(x(quick / 1000)), to = number(x(middle / 1000))
                text += "<line x1=\"\(from)\" x2=\"\(to)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"\(colour(which))\" stroke-width=\"2\"/>"
                text += "<circle cx=\"\(from)\" cy=\"\(y)\" r=\"4.5\" fill=\"\(colour(which))\"/>\n"
            }
        }
        return (text, bottom - top + 40)
    }

    private func ticks(from low: Double, to high: Double) -> [Double] {
        (-3...5).flatMap { power in [1.0, 2, 5].map { $0 * pow(10, Double(power)) } }.filter { (low...high).contains(log10($0)) }
    }

    private func label(_ value: Double) -> String { value >= 1 ? "\(Int(value))" : "\(value)" }
    private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
