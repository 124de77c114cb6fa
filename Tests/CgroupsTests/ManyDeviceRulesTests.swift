import Chance
import RuntimeSpec
import Testing

@testable import Cgroups

/// Rules in numbers that nobody writes by hand. What takes a time that grows with the square of their number does not end within
/// the limit.
@Suite("Many device rules") struct ManyDeviceRulesTests {
    @Test("rules for all numbers between rules for single ones", .timeLimit(.minutes(1)))
    func program() throws {
        var rules: [DeviceRule] = []
        for number in 0..<UInt32(300_000) {
            rules.append(DeviceRule(allow: true, kind: .character, major: number, minor: nil, access: .read))
            rules.append(DeviceRule(allow: number % 2 == 0, kind: .character, major: nil, minor: nil, access: .all))
        }
        rules.append(DeviceRule(allow: true, kind: .character, major: nil, minor: nil, access: .all))
        #expect(try DeviceProgram(DeviceRules(rules: rules)).instructions.count < 30)
    }

    @Test("exceptions, and rules that take nothing from them", .timeLimit(.minutes(1)))
    func lists() throws {
        var rules: [DeviceRule] = []
        for number in 0..<UInt32(30_000) {
            rules.append(DeviceRule(allow: true, kind: .block, major: number, minor: 1, access: .all))
        }
        for number in 0..<UInt32(400_000) {
            rules.append(DeviceRule(allow: false, kind: .block, major: number, minor: 2, access: .all))
        }
        #expect(try DeviceListLine.lines(for: DeviceRules(rules: rules)).count == 30_001)
    }

    @Test("more than can be held are refused with the place of the first that is too much", .timeLimit(.minutes(1)))
    func tooMany() {
        let rules = (0..<UInt32(100_000)).map { number in
            DeviceRule(
                allow: true, kind: .character, major: 300 + number % 7, minor: number, access: .all,
                path: JSONPath([.index(Int(number))]))
        }
        let error = #expect(throws: CgroupError.self) { try DeviceListLine.lines(for: DeviceRules(rules: rules)) }
        #expect(error?.path == JSONPath([.index(32768)]))
        #expect(throws: CgroupError.self) { try DeviceProgram(DeviceRules(rules: rules)) }
    }

    /// The meaning of a list, said in the plainest way: every exception is looked at.
    private func plainLines(_ rules: [DeviceRule]) -> [String]? {
        func meet(_ left: UInt32?, _ right: UInt32?) -> Bool { left == nil || right == nil || left == right }
        var lines: [String] = []
        var exceptions: [DeviceRule] = []
        for rule in rules {
            if rule.allow {
                exceptions.append(rule)
            } else {
                var found = false
                for (index, other) in exceptions.enumerated()
                where other.kind == rule.kind && !other.access.isDisjoint(with: rule.access) && meet(other.major, rule.major)
                    && meet(other.minor, rule.minor)
                {
                    if other.major != rule.major || other.minor != rule.minor { return nil }
                    exceptions[index].access.subtract(rule.access)
                    found = true
                }
                if !found { continue }
            }
            lines.append((rule.allow ? "allow " : "deny ") + rule.text)
        }
        return lines
    }

    /// One of two numbers, or all.
    private func number(_ random: inout SplitMix) -> UInt32? {
        let number = UInt32.random(in: 0...2, using: &random)
        return number == 0 ? nil : number
    }

    @Test("lists by chance are those of the plain rule")
    func sameAsPlain() throws {
        var random = SplitMix(seed: 20)
        var refused = 0
        for _ in 0..<20_000 {
            let rules = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                DeviceRule(
                    allow: Bool.random(using: &random), kind: .character, major: number(&random), minor: number(&random),
                    access: DeviceAccess(rawValue: UInt32.random(in: 1...6, using: &random)), path: JSONPath([.index(0)]))
            }
            let plain = plainLines(rules)
            let lines = try? DeviceListLine.lines(for: DeviceRules(rules: rules)).dropFirst()
                .map { ($0.allow ? "allow " : "deny ") + $0.text }
            #expect(lines == plain, "\(rules.map { $0.text })")
            if plain == nil { refused += 1 }
        }
        #expect(refused > 1000)
    }
}
