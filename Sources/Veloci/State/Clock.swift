internal import ByteText
internal import CLinux

/// The time of day as state.json writes it.
enum Clock {
    /// Now, in UTC, as RFC 3339 with nanoseconds.
    static func now() -> String {
        var time: (Int64, Int64) = (0, 0)
        withUnsafeMutablePointer(to: &time) { pointer in
            _ = linux_system_call(Int64(__NR_clock_gettime), 0, UInt64(UInt(bitPattern: pointer)), 0, 0, 0, 0)
        }
        return text(seconds: time.0, nanoseconds: time.1)
    }

    /// RFC 3339 text of a time since 1970. Trailing zeros of the fraction are left out, as Go does.
    static func text(seconds: Int64, nanoseconds: Int64) -> String {
        let (year, month, day) = date(daysSince1970: Int(seconds / 86400))
        let rest = Int(seconds % 86400)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        var fraction = String(nanoseconds)
        fraction = String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
        while let shorter = fraction.before("0") { fraction = shorter }
        let point = fraction.isEmpty ? "" : "." + fraction
        return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))\(point)Z"
    }

    /// The Gregorian date, by 400-year cycles that begin on 1 March.
    private static func date(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let cycle = days / 146_097
        let dayOfCycle = days % 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
