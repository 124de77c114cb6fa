import Testing

@testable import RuntimeSpec

/// Our reading of decimal numbers, held against the standard library's, which the executable does without.
@Suite struct DecimalTextTests {
    @Test(arguments: [
        "0", "-0", "1", "-1", "1.5", "0.1", ".5", "5.", "00012.50", "1e3", "1E-3", "+2e+2", "123456789012345678901234567890",
        "9007199254740993", "9007199254740992.5", "9007199254740993.00000000000000000000001", "1.7976931348623157e308",
        "1.7976931348623158e308", "1.7976931348623159e308", "1e309", "1e99999999999999999999", "-1e400", "1e-400", "0e999999",
        "2.2250738585072014e-308", "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "7.4109846876186982e-324", "1e-323", "0.000000000000000000000000000000000000001e-290",
    ])
    func edges(_ text: String) throws {
        let value = try #require(Double(decimal: text))
        #expect(value.bitPattern == Double(text)?.bitPattern, "\(text): \(value)")
    }

    /// Half way between two doubles, and a little more, with as many digits as one can write.
    @Test(arguments: ["", "1", "5"]) func manyDigits(_ end: String) throws {
        for count in [700, 799, 800, 801, 5000] {
            let text = "9007199254740993." + String(repeating: "0", count: count) + end
            #expect(Double(decimal: text)?.bitPattern == Double(text)?.bitPattern, "\(count) zeros and \(end)")
            let whole = text.filter { $0 != "." } + "e-\(count)"
            #expect(Double(decimal: whole)?.bitPattern == Double(whole)?.bitPattern, "\(count) digits and \(end)")
        }
    }

    @Test(arguments: ["", "-", "+", ".", "e5", "1e", "1e+", "1x", " 1", "1 ", "--1", "1.2.3", "0x10", "inf", "nan", "1e5x", "１"])
    func refusals(_ text: String) { #expect(Double(decimal: text) == nil) }

    @Test func anyBits() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            #expect(try #require(Double(decimal: "\(number)")).bitPattern == number.bitPattern, "\(number)")
            // Numbers that are not printed doubles: seventeen digits and more, which lie anywhere between two of them.
            let text = "\(random.next() as UInt64).\(random.next() as UInt64)e\(Int.random(in: -340...300))"
            #expect(Double(decimal: text)?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }
}
