internal import RuntimeSpec

/// The texts of flags as values, read as Go's strconv and time packages read them.
enum FlagText {
    /// The value of a text for a kind of flag, nil when it has none.
    static func value(_ text: String, _ kind: Flag.Kind) -> FlagValues.Value? {
        switch kind {
        case .bool: bool(text).map { .bool($0) }
        case .text, .texts: .text(text)
        case .integer, .integers: integer(text).map { .integer($0) }
        case .duration: duration(text).map { .duration($0) }
        }
    }

    static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    static func integer(_ text: String) -> Int? {
        var digits = Array(text.utf8)[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var radix = 10
        if digits.first == UInt8(ascii: "0"), digits.count > 1 {
            switch digits[digits.startIndex + 1] | 0x20 {
            case UInt8(ascii: "x"): (radix, digits) = (16, digits.dropFirst(2))
            case UInt8(ascii: "o"): (radix, digits) = (8, digits.dropFirst(2))
            case UInt8(ascii: "b"): (radix, digits) = (2, digits.dropFirst(2))
            default: (radix, digits) = (8, digits.dropFirst())
            }
        }
        guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self), radix: radix)
    }

    /// Nanoseconds of a text such as `5s`, `1.5h` or `1m30s`.
    static func duration(_ text: String) -> Int? {
        if text == "0" { return 0 }
        var rest = Array(text.utf8)[...]
        var sign = 1.0
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            rest.removeFirst()
        }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(unit.count)
            guard number.contains(where: isDigit), let value = Double(decimal: String(decoding: number, as: UTF8.self)),
                let factor = nanoseconds(String(decoding: unit, as: UTF8.self))
            else { return nil }
            total += value * factor
        }
        return Int(exactly: (sign * total).rounded())
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func nanoseconds(_ unit: String) -> Double? {
        switch unit {
        case "ns": 1
        case "us", "µs", "μs": 1e3
        case "ms": 1e6
        case "s": 1e9
        case "m": 60e9
        case "h": 3600e9
        default: nil
        }
    }
}
