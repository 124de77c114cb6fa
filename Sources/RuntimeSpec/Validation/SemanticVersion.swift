internal import ByteText

/// A version in the form of SemVer 2.0.0.
public struct SemanticVersion: Equatable, Sendable, Comparable, CustomStringConvertible {
    /// The first number.
    public let major: UInt64
    /// The second number.
    public let minor: UInt64
    /// The third number.
    public let patch: UInt64
    /// What follows a hyphen, such as `dev`.
    public let prerelease: [String]
    /// What follows a plus sign. It has no part in the order.
    public let build: [String]

    /// Reads a version. Nil if the text is not in the form of SemVer 2.0.0.
    public init?(_ text: String) {
        var rest = Substring(text)
        var build: [String] = []
        var prerelease: [String] = []
        if let plus = rest.utf8.firstIndex(of: UInt8(ascii: "+")) {
            guard let parts = SemanticVersion.identifiers(rest[rest.utf8.index(after: plus)...], numbered: false) else {
                return nil
            }
            build = parts
            rest = rest[..<plus]
        }
        if let hyphen = rest.utf8.firstIndex(of: UInt8(ascii: "-")) {
            guard let parts = SemanticVersion.identifiers(rest[rest.utf8.index(after: hyphen)...], numbered: true) else {
                return nil
            }
            prerelease = parts
            rest = rest[..<hyphen]
        }
        guard let numbers = SemanticVersion.numbers(rest) else { return nil }
        (major, minor, patch) = numbers
        self.prerelease = prerelease
        self.build = build
    }

    /// Three numbers without leading zeros.
    private static func numbers(_ text: Substring) -> (UInt64, UInt64, UInt64)? {
        var finished: (UInt64, UInt64) = (0, 0)
        var count = 0
        var number: UInt64?
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") {
                guard let complete = number, count < 2 else { return nil }
                if count == 0 { finished.0 = complete } else { finished.1 = complete }
                count += 1
                number = nil
                continue
            }
            guard isDigit(byte), number != 0 else { return nil }
            let (product, overflowed) = (number ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if overflowed || carried { return nil }
            number = sum
        }
        guard let number, count == 2 else { return nil }
        return (finished.0, finished.1, number)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func identifiers(_ text: Substring, numbered: Bool) -> [String]? {
        let parts = text.parts(at: ".", keepsEmpty: true)
        for part in parts {
            let plain = part.utf8.allSatisfy {
                isDigit($0) || $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
            }
            if part.isEmpty || !plain { return nil }
            if numbered, part.utf8.allSatisfy(isDigit), part != "0", part.utf8.first == UInt8(ascii: "0") { return nil }
        }
        return parts
    }

    /// Whether neither version precedes the other. Build metadata makes no difference.
    public static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }

    /// The order of SemVer: a prerelease comes before its release; numbers in it are compared as numbers, before words.
    public static func < (left: Self, right: Self) -> Bool {
        let leftNumbers = (left.major, left.minor, left.patch)
        let rightNumbers = (right.major, right.minor, right.patch)
        if leftNumbers != rightNumbers { return leftNumbers < rightNumbers }
        if left.prerelease.isEmpty || right.prerelease.isEmpty { return !left.prerelease.isEmpty && right.prerelease.isEmpty }
        for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
            switch (one.utf8.allSatisfy(isDigit), other.utf8.allSatisfy(isDigit)) {
            case (true, true): return (one.utf8.count, one) < (other.utf8.count, other)
            case (true, false): return true
            case (false, true): return false
            case (false, false): return one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }

    /// The version as it is written.
    public var description: String {
        "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
            + (build.isEmpty ? "" : "+" + build.joined(separator: "."))
    }

    /// The version of the runtime specification that this module implements.
    public static let specification = "1.3.0"
}
