internal import ByteText
internal import DBus
internal import RuntimeSpec

/// Annotations of a container that become properties of its unit.
package enum UnitAnnotations {
    /// What their keys begin with; the property's name follows.
    package static let prefix = "org.systemd.property."
}

extension SystemdProperties {
    private static let prefix = UnitAnnotations.prefix

    /// Properties from annotations, in GVariant text, such as `org.systemd.property.TimeoutStopUSec: "uint64 5000000"`.
    ///
    /// RUNC: a name in `…Sec` stands for the property in microseconds, with its value in seconds.
    /// - Throws: `CgroupError` of kind `invalidValue` naming the annotation.
    static func annotated(_ annotations: [String: String]) throws(CgroupError) -> [SystemdProperty] {
        var properties: [SystemdProperty] = []
        for (key, text) in annotations.sortedByName {
            guard var name = key.after(prefix) else { continue }
            let path = JSONPath([.member("annotations"), .member(key)])
            guard name.utf8.count >= 3, name.utf8.allSatisfy({ $0.isLetter }) else {
                throw CgroupError(
                    .invalidValue, "\"\(name.escaped)\" is no property of a unit", path: path,
                    hint: "names are of at least three letters; systemctl show prints them")
            }
            if name == "PIDs" {
                throw CgroupError(
                    .invalidValue, "PIDs would move other processes into the container", path: path,
                    hint: "remove the annotation")
            }
            guard var value = VariantText.parse(text) else {
                throw CgroupError(
                    .invalidValue, "\"\(text.escaped)\" is no GVariant text", path: path,
                    hint: "write a type and a value, such as: uint64 5, 'text', true, ['a', 'b']")
            }
            if let stem = name.before("Sec"), !stem.isEmpty, !stem.ends(with: "U") {
                guard let microseconds = value.secondsAsMicroseconds else {
                    throw CgroupError(.invalidValue, "\"\(text.escaped)\" is no number of seconds", path: path)
                }
                name = stem + "USec"
                value = .uint64(microseconds)
            }
            properties.append(SystemdProperty(name, value))
        }
        return properties
    }
}

extension DBusValue {
    /// A number of seconds in microseconds; nil for what is none or too large.
    fileprivate var secondsAsMicroseconds: UInt64? {
        func scaled(_ value: UInt64?) -> UInt64? {
            guard let value else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 1_000_000)
            return overflow ? nil : product
        }
        switch self {
        case .byte(let value): return scaled(UInt64(value))
        case .int16(let value): return scaled(UInt64(exactly: value))
        case .uint16(let value): return scaled(UInt64(value))
        case .int32(let value): return scaled(UInt64(exactly: value))
        case .uint32(let value): return scaled(UInt64(value))
        case .int64(let value): return scaled(UInt64(exactly: value))
        case .uint64(let value): return value == UInt64.max ? value : scaled(value)
        case .double(let value): return UInt64(exactly: (value * 1_000_000).rounded())
        default: return nil
        }
    }
}
