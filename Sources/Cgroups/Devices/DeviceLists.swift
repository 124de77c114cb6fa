internal import ByteText
internal import RuntimeSpec

extension ResourcePlanner {
    /// Lines for devices.allow and devices.deny on v1; rules for a program on v2.
    mutating func plan(devices: [DeviceCgroup]?) throws(CgroupError) {
        let property = path.member("devices")
        let rules = try DeviceRules(devices, path: property)
        if layout.hierarchies.contains(where: { $0.version == .v1 && $0.controllers.contains("devices") }) {
            for line in try DeviceListLine.lines(for: rules) {
                add("devices", .v1, line.file, line.text, line.path ?? property)
            }
        } else if layout.unified != nil {
            changes.deviceRules = rules
        } else {
            throw CgroupError.missing(controller: "devices", path: property, layout: layout)
        }
    }
}

/// A line for the device controller of cgroup v1.
///
/// KERNEL(Documentation/admin-guide/cgroup-v1/devices.rst, security/device_cgroup.c): a group either denies all with a list
/// of exceptions, or allows all with a list of exceptions. A line against the default adds an exception; a line along the
/// default only takes away from an exception for exactly the same numbers. `a` resets the group whatever else is in the line.
struct DeviceListLine: Hashable {
    var allow: Bool
    var text: String
    var path: JSONPath?

    var file: String { allow ? "devices.allow" : "devices.deny" }

    /// The lines that give the rules their meaning, starting from a group in any state.
    /// - Throws: `unsupported` when v1 cannot express the rules; writing them anyway would grant what a rule denies.
    static func lines(for rules: DeviceRules) throws(CgroupError) -> [DeviceListLine] {
        var lines = [DeviceListLine(allow: false, text: "a")]
        var defaultAllows = false
        var exceptions: [DeviceRule] = []
        var index = 0
        while index < rules.rules.count {
            let rule = rules.rules[index]
            index += 1
            // Every kind and number, all access: the entry became two rules, one for each kind.
            if rule.coversAll, index < rules.rules.count, rules.rules[index].isSameForOtherKind(as: rule) {
                index += 1
                defaultAllows = rule.allow
                exceptions = []
                // A repeated reset changes nothing.
                if lines.last?.text == "a" { lines.removeLast() }
                lines.append(DeviceListLine(allow: rule.allow, text: "a", path: rule.path))
                continue
            }
            if rule.allow != defaultAllows {
                exceptions.append(rule)
            } else if rule.path == nil && rule.major == nil {
                // Making nodes of every kind goes without saying here, but for what a rule denied.
                continue
            } else if try !take(rule, from: &exceptions) {
                continue
            }
            lines.append(DeviceListLine(allow: rule.allow, text: rule.text, path: rule.path))
        }
        return lines
    }

    /// Takes a rule's access away from the exceptions that it covers.
    /// - Returns: whether there was anything to take away.
    private static func take(_ rule: DeviceRule, from exceptions: inout [DeviceRule]) throws(CgroupError) -> Bool {
        var found = false
        for index in exceptions.indices where exceptions[index].overlaps(rule) {
            guard exceptions[index].major == rule.major, exceptions[index].minor == rule.minor else {
                throw CgroupError(
                    .unsupported,
                    "cgroup v1 cannot \(rule.allow ? "allow" : "deny") \(rule.text) after \(exceptions[index].text) was "
                        + (rule.allow ? "denied" : "allowed"), path: rule.path,
                    hint: "name the same numbers in both rules, or leave the wider rule out")
            }
            exceptions[index].access.subtract(rule.access)
            found = true
        }
        exceptions.removeAll { $0.access.isEmpty }
        return found
    }
}

extension DeviceRule {
    fileprivate var coversAll: Bool { major == nil && minor == nil && access == .all }

    fileprivate func isSameForOtherKind(as other: DeviceRule) -> Bool {
        kind != other.kind && allow == other.allow && major == other.major && minor == other.minor && access == other.access
            && path == other.path
    }

    /// Whether some access to some device is covered by both.
    fileprivate func overlaps(_ other: DeviceRule) -> Bool {
        func meet(_ left: UInt32?, _ right: UInt32?) -> Bool { left == nil || right == nil || left == right }
        return kind == other.kind && !access.isDisjoint(with: other.access) && meet(major, other.major)
            && meet(minor, other.minor)
    }
}
