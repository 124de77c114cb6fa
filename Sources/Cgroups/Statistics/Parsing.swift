internal import ByteText
internal import RuntimeSpec

/// The forms of the kernel's statistics files. Lines in another form are skipped: kernels add lines.
enum StatisticsText {
    /// `key value` lines.
    static func pairs(_ text: String) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for line in text.lines {
            let fields = line.words
            if fields.count == 2, let value = UInt64(fields[1]) { result[fields[0]] = value }
        }
        return result
    }

    /// A limit: `max` is the largest number.
    static func limit(_ text: String?) -> UInt64? {
        text.flatMap { $0 == "max" ? UInt64.max : UInt64($0) }
    }

    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` lines.
    static func pressure(_ text: String) -> PressureStatistics {
        var result = PressureStatistics()
        for line in text.lines {
            let fields = line.words
            guard !fields.isEmpty else { continue }
            var share = PressureStatistics.Share()
            for field in fields.dropFirst() {
                guard let (key, value) = field.halves(at: "=") else { continue }
                switch key {
                case "avg10": share.avg10 = average(value)
                case "avg60": share.avg60 = average(value)
                case "avg300": share.avg300 = average(value)
                case "total": share.total = UInt64(value) ?? 0
                default: continue
                }
            }
            if fields[0] == "some" { result.some = share }
            if fields[0] == "full" { result.full = share }
        }
        return result
    }

    /// A number that has a form in JSON: not all that look like one have.
    private static func average(_ text: String) -> Double {
        guard let value = Double(decimal: text), value.isFinite else { return 0 }
        return value
    }

    /// `8:0 Read 4096` lines of v1, or `8:0 12`. Nil for nothing: the scheduler does not count it.
    static func legacyBlockIO(_ text: String) -> [BlockIOStatistics.Entry] {
        var result: [BlockIOStatistics.Entry] = []
        for line in text.lines {
            let fields = line.words
            guard fields.count == 2 || fields.count == 3, let value = UInt64(fields[fields.count - 1]),
                let (major, minor) = device(fields[0])
            else { continue }
            result.append(
                .init(major: major, minor: minor, operation: fields.count == 3 ? fields[1] : "", value: value))
        }
        return result
    }

    /// io.stat of v2: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`.
    static func unifiedBlockIO(_ text: String) -> BlockIOStatistics {
        var result = BlockIOStatistics()
        for line in text.lines {
            let fields = line.words
            guard let first = fields.first, let (major, minor) = device(first) else { continue }
            for field in fields.dropFirst() {
                guard let (key, text) = field.halves(at: "="), let value = UInt64(text) else { continue }
                func entry(_ operation: String) -> BlockIOStatistics.Entry {
                    .init(major: major, minor: minor, operation: operation, value: value)
                }
                switch key {
                case "rbytes": result.serviceBytes.append(entry("Read"))
                case "wbytes": result.serviceBytes.append(entry("Write"))
                case "rios": result.serviced.append(entry("Read"))
                case "wios": result.serviced.append(entry("Write"))
                default: continue
                }
            }
        }
        return result
    }

    private static func device(_ text: String) -> (UInt64, UInt64)? {
        let parts = text.parts(at: ":")
        guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
        return (major, minor)
    }
}
