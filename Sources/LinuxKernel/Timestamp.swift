internal import ByteText

/// A moment in UTC.
package struct Timestamp: Equatable, Sendable {
    /// Since 1970.
    package let seconds: Int64
    /// Of the second.
    package let nanoseconds: Int64

    /// A moment by its distance from 1970.
    package init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The time of day.
    package static func now() -> Timestamp {
        let (seconds, nanoseconds) = Clocks.realtime()
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// Whole seconds as RFC 3339: `2026-11-21T09:37:20Z`. In UTC always: local time would read a time zone file at each start.
    package var text: String {
        var text = dateAndTime
        text.append(UInt8(ascii: "Z"))
        return text.text
    }

    /// RFC 3339 with nanoseconds: `2026-11-21T09:37:20.5Z`. Zeros at the end of the fraction are left out, as Go does.
    package var preciseText: String {
        var text = dateAndTime
        if nanoseconds > 0 {
            var (fraction, width) = (nanoseconds, 9)
            while fraction % 10 == 0 { (fraction, width) = (fraction / 10, width - 1) }
            text.append(UInt8(ascii: "."))
            Timestamp.append(fraction, width, to: &text)
        }
        text.append(UInt8(ascii: "Z"))
        return text.text
    }

    private var dateAndTime: ByteBuilder {
        let second = (seconds % 86400 + 86400) % 86400
        let date = Timestamp.date((seconds - second) / 86400)
        var text = ByteBuilder()
        Timestamp.append(date.year, 4, to: &text)
        for (separator, value) in [
            ("-", date.month), ("-", date.day), ("T", second / 3600), (":", second / 60 % 60), (":", second % 60),
        ] as [(StaticString, Int64)] {
            text.append(separator)
            Timestamp.append(value, 2, to: &text)
        }
        return text
    }

    /// The Gregorian date of a day counted from 1970. Years are counted from March, so that a leap day is the last day
    /// of its year, and in eras of 400 years, which all have the same length.
    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468  // days from 0000-03-01 to 1970-01-01
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Appends a number with zeros before it, so that there are as many digits.
    private static func append(_ value: Int64, _ width: Int, to text: inout ByteBuilder) {
        let digits = String(value)
        text.append(UInt8(ascii: "0"), times: max(0, width - digits.utf8.count))
        text.append(digits)
    }
}
