import Testing

@testable import Conformance

/// The table of rules and the list of cases agree.
@Suite struct TableTests {
    @Test func everyRuleHasACaseOrAReason() {
        let covered = Set(Suite.cases.flatMap(\.rules))
        for rule in Tables.rules {
            #expect(
                covered.contains(rule.id) != (rule.reason != nil),
                "\(rule.id): \(rule.reason == nil ? "no case and no reason" : "a case, and a reason for none")")
        }
    }

    @Test func everyCaseNamesRulesThatExist() {
        let rules = Set(Tables.rules.map(\.id))
        for test in Suite.cases {
            #expect(!test.rules.isEmpty && Set(test.rules).count == test.rules.count, "\(test.id)")
            for rule in test.rules { #expect(rules.contains(rule), "\(test.id): \(rule)") }
        }
    }

    @Test func identifiersAreUnique() {
        #expect(Set(Suite.cases.map(\.id)).count == Suite.cases.count)
        #expect(Set(Tables.rules.map(\.id)).count == Tables.rules.count)
    }

    @Test func identifiersAreWordsForCommandLines() {
        for test in Suite.cases {
            #expect(test.id.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "-" }, "\(test.id)")
        }
    }

    @Test func rulesNameFilesOfTheSpecification() {
        let files: Set = [
            "bundle.md", "glossary.md", "config.md", "config-linux.md", "runtime.md", "runtime-linux.md", "features.md",
            "features-linux.md",
        ]
        for rule in Tables.rules {
            let parts = rule.section.split(separator: "#").map(String.init)
            #expect(parts.count == 2 && files.contains(parts[0]), "\(rule.id): \(rule.section)")
            #expect(!rule.text.isEmpty)
        }
    }

    @Test func everyRuleIsQuoted() {
        #expect(Set(Tables.quotes.keys) == Set(Tables.rules.map(\.id)))
        for (id, quote) in Tables.quotes {
            #expect(quote.text.count > 2 && quote.commit.count == 40, "\(id)")
            #expect(quote.address.contains("/blob/\(quote.commit)/"), "\(id)")
        }
        #expect(Tables.quotes["mounts.order"]?.text == "The runtime MUST mount entries in the listed order.")
    }

    /// Practice, and nothing else, is what the specification does not ask for.
    @Test func practiceHasAClassOfItsOwn() {
        for test in Suite.cases {
            #expect((test.classification == .practice) == test.rules[0].hasPrefix("practice."), "\(test.id)")
            // A rule that a later version took back is not counted by another case's version.
            #expect(test.until == nil || test.until! >= test.since, "\(test.id)")
        }
        for kind in Class.allCases { #expect(Suite.cases.contains { $0.classification == kind }, "\(kind)") }
    }

    @Test func headingsAreKnown() {
        for rule in Tables.rules { #expect(Tables.headings[rule.section] != nil, "\(rule.section)") }
    }

    @Test func disputesNameCases() {
        for (id, reason) in Tables.disputes { #expect(Suite.casesByID[id] != nil && reason.count > 20, "\(id)") }
    }

    @Test func knownDifferencesNameCases() {
        let cases = Set(Suite.cases.map(\.id))
        for (id, reason) in Tables.knownDifferences {
            #expect(cases.contains(id), "\(id)")
            #expect(reason.count > 20, "\(id)")
        }
    }
}

/// A sabotage that changes nothing proves nothing.
@Suite struct SabotageTests {
    /// A sabotaged configuration differs from what the case hands over. Cases that configure within their steps are
    /// proven by `--prove` only.
    @Test func configurationsAreAltered() {
        for test in Suite.cases {
            guard case .configuration(let alter) = test.sabotage, let configure = test.configure else { continue }
            var plain = Bundle.baseline
            plain.path = "/bundle"
            plain.operations = test.operations
            configure(&plain)
            var altered = plain
            alter(&altered)
            let isSame =
                plain.config == altered.config && plain.text == altered.text && plain.files == altered.files
                && plain.directories == altered.directories && plain.hasConfig == altered.hasConfig
                // Two closures cannot be compared.
                && plain.prepare == nil && altered.prepare == nil
            #expect(!isSame, "\(test.id)")
        }
    }
}

/// sentences.tsv says which rule each normative line of the specification belongs to; Tests/sentences.sh compares its lines with the text.
@Suite struct SentenceTests {
    @Test func linesHaveRulesThatExist() throws {
        let rules = Set(Tables.rules.map(\.id))
        let lines = try ResultTests.text("sentences.tsv").split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count > 560)
        for line in lines {
            let fields = line.split(separator: "\t")
            #expect(fields.count == 3, "\(line)")
            guard fields.count == 3, fields[2] != "other platform", !fields[2].hasPrefix("heading: ") else { continue }
            for rule in fields[2].split(separator: " ") { #expect(rules.contains(String(rule)), "\(line)") }
        }
    }
}
