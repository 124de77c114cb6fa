/// A list of CPUs or memory nodes as the kernel writes it, such as `0-3,7`.
public struct NumberList: Equatable, Sendable {
    /// The ranges in the order in which they were written.
    public let ranges: [ClosedRange<Int>]

    /// Whether there is no number.
    public var isEmpty: Bool { ranges.isEmpty }

    /// Reads a list: numbers and ranges with commas between them. An empty text is an empty list. Nil if it is no list.
    public init?(_ text: String) {
        var ranges: [ClosedRange<Int>] = []
        guard NumberList.scan(text, { ranges.append($0...$1) }) else { return nil }
        self.ranges = ranges
    }

    /// Whether a text is a list, without keeping it.
    static func isList(_ text: String) -> Bool { scan(text) { _, _ in } }

    private static func scan(_ text: String, _ body: (_ first: Int, _ last: Int) -> Void) -> Bool {
        var first: Int?
        var number = 0
        var digits = 0
        // A comma at the end closes the last range; splitting the text would cost twenty times as much.
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9") where digits < 9:
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
                digits += 1
            case UInt8(ascii: "-") where first == nil && digits > 0:
                first = number
                number = 0
                digits = 0
            case UInt8(ascii: ",") where digits > 0 && first ?? 0 <= number:
                body(first ?? number, number)
                first = nil
                number = 0
                digits = 0
            default: return false
            }
        }
        if text.isEmpty { return true }
        guard digits > 0, first ?? 0 <= number else { return false }
        body(first ?? number, number)
        return true
    }
}
