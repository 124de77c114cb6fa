extension Double {
    /// The value nearest to a decimal number such as `-12.5e3`; ties go to the even one, what is too large is infinite.
    ///
    /// The standard library's own reading of text brings the C++ library with it, a tenth of an executable that needs it for
    /// nothing else.
    ///
    /// - Returns: nil unless the whole text is a number in decimal digits.
    package init?(decimal text: some StringProtocol) {
        guard let number = DecimalText(text.utf8) else { return nil }
        self = number.value
    }
}

/// A decimal number as it is written: an integer times a power of ten.
private struct DecimalText {
    private var isNegative = false
    /// Without leading zeros.
    private var digits: [UInt8] = []
    private var exponent = 0
    /// Neither a double nor the middle of two has as many digits; of more it only matters whether they are zero.
    private static let mostDigits = 800

    init?(_ text: some Sequence<UInt8>) {
        var rest = Array(text)[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { rest.removeFirst() }
        var sawDigit = false
        var isFraction = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else if let digit = Self.digit(byte) {
                sawDigit = true
                append(digit, isFraction: isFraction)
            } else {
                break
            }
            rest.removeFirst()
        }
        guard sawDigit else { return nil }
        guard let byte = rest.popFirst() else { return }
        guard byte | 0x20 == UInt8(ascii: "e"), let power = Self.power(&rest) else { return nil }
        exponent += power
    }

    private mutating func append(_ digit: UInt8, isFraction: Bool) {
        if isFraction { exponent -= 1 }
        if digits.count == Self.mostDigits {
            exponent += 1
            if digit > 0 { digits[Self.mostDigits - 1] |= 1 }
        } else if !digits.isEmpty || digit > 0 {
            digits.append(digit)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : nil
    }

    /// What follows the `e`. No double has an exponent of more than three digits, so a larger one is as good as 9999.
    private static func power(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let isNegative = rest.first == UInt8(ascii: "-")
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var power = 0
        while let byte = rest.popFirst() {
            guard let digit = digit(byte) else { return nil }
            power = Swift.min(power * 10 + Int(digit), 9999)
        }
        return isNegative ? -power : power
    }

    /// Long division in binary: exact, and short.
    var value: Double {
        let sign = isNegative ? FloatingPointSign.minus : .plus
        if digits.isEmpty || digits.count + exponent < -330 { return Double(sign: sign, exponent: 0, significand: 0) }
        if digits.count + exponent > 310 { return isNegative ? -.infinity : .infinity }
        var numerator = Natural(0)
        for digit in digits { numerator.multiply(by: 10, adding: UInt32(digit)) }
        var denominator = Natural(1)
        for _ in 0..<abs(exponent) {
            if exponent > 0 { numerator.multiply(by: 10) } else { denominator.multiply(by: 10) }
        }
        // The quotient is brought to 1 or more and less than 2; what it was divided by is the exponent of the result.
        var power = numerator.bitWidth - denominator.bitWidth
        if power >= 0 { denominator.shiftLeft(power) } else { numerator.shiftLeft(-power) }
        if numerator.isLess(than: denominator) {
            numerator.shiftLeft(1)
            power -= 1
        }
        // A subnormal number has fewer bits; at least one is needed to round it.
        let precision = Swift.min(53, power + 1075)
        guard precision >= 0 else { return Double(sign: sign, exponent: 0, significand: 0) }
        var quotient: UInt64 = 0
        for _ in 0..<precision {
            quotient <<= 1
            if !numerator.isLess(than: denominator) {
                numerator.subtract(denominator)
                quotient |= 1
            }
            numerator.shiftLeft(1)
        }
        // The next bit would be worth half of the last one.
        if denominator.isLess(than: numerator) || (numerator == denominator && quotient & 1 == 1) { quotient += 1 }
        return Double(sign: sign, exponent: power - precision + 1, significand: Double(quotient))
    }
}

/// A natural number of any size.
private struct Natural: Equatable {
    /// From the least significant on, without zeros at the end.
    private var words: [UInt32]

    init(_ value: UInt32) { words = value == 0 ? [] : [value] }

    var bitWidth: Int { words.last.map { words.count * 32 - $0.leadingZeroBitCount } ?? 0 }

    mutating func multiply(by factor: UInt32, adding summand: UInt32 = 0) {
        var carry = UInt64(summand)
        for index in words.indices {
            carry += UInt64(words[index]) * UInt64(factor)
            words[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(carry)) }
    }

    mutating func shiftLeft(_ count: Int) {
        guard !words.isEmpty else { return }
        multiply(by: 1 << UInt32(count % 32))
        words.insert(contentsOf: repeatElement(0, count: count / 32), at: 0)
    }

    func isLess(than other: Natural) -> Bool {
        if words.count != other.words.count { return words.count < other.words.count }
        for index in words.indices.reversed() where words[index] != other.words[index] {
            return words[index] < other.words[index]
        }
        return false
    }

    /// Takes away a number that is not larger.
    mutating func subtract(_ other: Natural) {
        var borrow: UInt32 = 0
        for index in words.indices {
            let taken = UInt64(index < other.words.count ? other.words[index] : 0) + UInt64(borrow)
            borrow = UInt64(words[index]) < taken ? 1 : 0
            words[index] = UInt32(truncatingIfNeeded: UInt64(words[index]) &- taken)
        }
        while words.last == 0 { words.removeLast() }
    }
}
