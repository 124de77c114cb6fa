import RuntimeSpec

/// Reports for machines: TAP, JUnit XML, JSON; and the page for people.
enum Documents {
    static func write(_ summary: Summary, to directory: String) throws(Verdict) {
        try Files.makeDirectories(directory)
        try Files.write(directory + "/conformance.tap", tap(summary))
        try Files.write(directory + "/conformance.xml", junit(summary))
        let json = json(summary)
        try Files.write(directory + "/conformance.json", json.encodedText(.pretty) + "\n")
        try Files.write(directory + "/README.md", Pages.summary(summary))
        try Files.write(directory + "/table.md", Pages.table(summary))
        try Files.write(directory + "/deviations-of-others.md", Pages.deviations(summary))
        if !summary.drops.isEmpty { try Files.write(directory + "/dropped.md", Drops.markdown(summary)) }
        // `</` would end the script element that carries the data.
        let data = json.encodedText().replaced("</", by: "<\\/")
        try Files.write(directory + "/conformance.html", (Tables.page).replaced("/*DATA*/null", by: data))
    }

    /// TAP's own word for a failure that is no surprise.
    static let expectedToFail = "TO" + "DO"

    static func tap(_ summary: Summary) -> String {
        var text = "TAP version 13\n1..\(summary.runtimes.count * summary.cases.count)\n"
        var number = 0
        for runtime in summary.runtimes {
            for test in summary.cases {
                number += 1
                guard let result = summary.result(runtime, test) else { continue }
                let isFine = ![.failed, .broken].contains(result.kind)
                var line = "\(isFine ? "ok" : "not ok") \(number) - \(runtime.name) \(test.id)"
                if result.kind == .failed, let dispute = test.dispute {
                    line += " # \(expectedToFail) disputed: " + oneLine(dispute)
                } else if result.kind == .failed, result.isBeyondClaim {
                    line += " # \(expectedToFail) of version \(test.since), newer than \(runtime.claim), which the runtime claims"
                }
                if [.skipped, .declined].contains(result.kind) { line += " # SKIP " + oneLine(result.seen) }
                text += line + "\n"
                if !isFine {
                    text += "  ---\n  class: \(test.classification.rawValue)\n  level: \(test.mainRule.level.rawValue)\n"
                    text += "  section: \(test.mainRule.section)\n"
                    if let quote = test.quote {
                        text += "  sentence: \(JSONValue.string(quote.text).encodedText())\n  address: \(quote.address)\n"
                    }
                    text += "  expected: \(JSONValue.string(result.expected).encodedText())\n"
                    text += "  seen: \(JSONValue.string(result.seen).encodedText())\n  ...\n"
                }
            }
        }
        return text
    }

    private static func oneLine(_ text: String) -> String {
        text.split(separator: "\n").joined(separator: " ").replaced("#", by: "")
    }

    static func junit(_ summary: Summary) -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"oci-conformance\">\n"
        for runtime in summary.runtimes {
            let failures = summary.count(runtime, .failed)
            let skips = summary.count(runtime, .skipped) + summary.count(runtime, .declined)
            text += "  <testsuite name=\"\(escaped(runtime.name))\" tests=\"\(summary.cases.count)\" failures=\"\(failures)\" "
            text += "errors=\"\(summary.count(runtime, .broken))\" skipped=\"\(skips)\">\n"
            for test in summary.cases {
                guard let result = summary.result(runtime, test) else { continue }
                let seconds = seconds(result.milliseconds)
                text +=
                    "    <testcase classname=\"\(escaped(test.mainRule.section))\" name=\"\(escaped(test.id))\""
                    + " time=\"\(seconds)\""
                switch result.kind {
                case .passed: text += "/>\n"
                case .failed, .broken:
                    let element = result.kind == .failed ? "failure" : "error"
                    let quote = test.quote.map { "\n\($0.text)\n\($0.address)" } ?? ""
                    text +=
                        ">\n      <\(element) type=\"\(test.classification.rawValue)\" message=\"\(escaped(result.expected))\">\(escaped(result.seen + quote))"
                    text += "\n\(escaped(result.commands.joined(separator: "\n")))</\(element)>\n    </testcase>\n"
                case .skipped, .declined: text += ">\n      <skipped message=\"\(escaped(result.seen))\"/>\n    </testcase>\n"
                }
            }
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    /// Milliseconds as seconds: `1.5`, and `2.0`.
    private static func seconds(_ milliseconds: Int) -> String {
        var digits = String(String(1000 + milliseconds % 1000).dropFirst())
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        return "\(milliseconds / 1000).\(digits)"
    }

    /// Text for XML. Characters that XML 1.0 cannot have become question marks.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result += "&#\(scalar.value);"
            case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func json(_ rule: Rule) -> JSONValue {
        var value: JSONMembers = [
            "id": .string(rule.id), "section": .string(rule.section), "level": .string(rule.level.rawValue),
            "since": .string(rule.since.description), "text": .string(rule.text),
        ]
        if let until = rule.until { value["until"] = .string(until.description) }
        if let quote = Tables.quotes[rule.id] {
            (value["quote"], value["address"]) = (.string(quote.text), .string(quote.address))
        }
        if let reason = rule.reason { value["reason"] = .string(reason) }
        return .object(value)
    }

    private static func json(_ runtime: Runtime, _ summary: Summary) -> JSONValue {
        var counts = JSONMembers()
        for kind in Summary.columns { counts[kind.rawValue] = .number(JSONNumber(summary.count(runtime, kind))) }
        return [
            "name": .string(runtime.name), "rules": .number(JSONNumber(summary.failedRules(runtime))),
            "version": .string(runtime.version), "claims": .string(runtime.claim), "counts": .object(counts),
        ]
    }

    static func json(_ summary: Summary) -> JSONValue {
        let runtimes = summary.runtimes.map { json($0, summary) }
        var shared: [String: [JSONValue]] = [:]
        var numbers: [String: Int] = [:]
        /// Many cases hand over the same configuration by the same commands; each is in the document once.
        func sharing(_ outcome: JSONValue) -> JSONValue {
            guard case .object(var value) = outcome else { return outcome }
            for name in ["config", "commands"] {
                guard let part = value[name] else { continue }
                let key = name + part.encodedText()
                if numbers[key] == nil {
                    numbers[key] = shared[name]?.count ?? 0
                    shared[name, default: []].append(part)
                }
                value[name] = numbers[key].map { .number(JSONNumber($0)) }
            }
            return .object(value)
        }
        let cases = summary.cases.map { test -> JSONValue in
            var value: JSONMembers = [
                "id": .string(test.id), "title": .string(test.title), "section": .string(test.mainRule.section),
                "class": .string(test.classification.rawValue), "level": .string(test.mainRule.level.rawValue),
                "since": .string(test.since.description),
                "rules": .array(test.rules.map { .string($0) }),
            ]
            if let dispute = test.dispute { value["disputed"] = .string(dispute) }
            if let unseen = test.unseen { value["unseen"] = .string(unseen) }
            if let reading = Tables.readings[test.id] { value["read"] = .string(reading) }
            if let reason = Tables.knownDifferences[test.id] { value["known"] = .string(reason) }
            if summary.isProof {
                value["proof"] = .string(summary.proof(test).rawValue)
                // What the sabotage was told by, so that a reader can see that it is the property that was missed.
                value["sabotaged"] = summary.redness(test).map {
                    [
                        "expected": .string($0.expected), "seen": .string($0.seen),
                    ]
                }
            }
            var results = JSONMembers()
            for runtime in summary.runtimes { results[runtime.name] = summary.result(runtime, test).map { sharing($0.outcome) } }
            value["results"] = .object(results)
            return .object(value)
        }
        return [
            "date": .string(Summary.date), "machine": .string(summary.machine), "runtimes": .array(runtimes),
            "headings": .object(
                Tables.rules.reduce(into: JSONMembers()) { $0[$1.section] = .string(Tables.headings[$1.section] ?? "") }),
            "headline": .array(
                Matrix.headline(summary).map { row in .array(([row.name] + row.values).map { .string($0) }) }),
            "cases": .array(cases), "rules": .array(Tables.rules.map(json)), "configs": .array(shared["config"] ?? []),
            "commands": .array(shared["commands"] ?? []),
        ]
    }
}
