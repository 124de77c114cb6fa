internal import ByteText
internal import RuntimeSpec

extension ResourcePlanner {
    /// Lines for devices.allow and devices.deny on v1; rules for a program on v2.
    mutating func plan(devices: [DeviceCgroup]?) throws(CgroupError) {
        let property = path.member("devices")
        let rules = try DeviceRules(devices, path: property)
        if layout.hierarchies.contains(where: { $0.version == .v1 && $0.controllers.contains("devices") }) {
            let lines = try DeviceListLine.lines(for: rules)
            changes.writes.reserveCapacity(changes.writes.count + lines.count)
            for line in lines {
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
        var exceptions = DeviceExceptions()
        var index = 0
        while index < rules.rules.count {
            let rule = rules.rules[index]
            index += 1
            // Every kind and number, all access: the entry became two rules, one for each kind.
            if rule.coversAll, index < rules.rules.count, rules.rules[index].isSameForOtherKind(as: rule) {
                index += 1
                defaultAllows = rule.allow
                exceptions = DeviceExceptions()
                // A repeated reset changes nothing.
                if lines.last?.text == "a" { lines.removeLast() }
                lines.append(DeviceListLine(allow: rule.allow, text: "a", path: rule.path))
                continue
            }
            if rule.allow != defaultAllows {
                try exceptions.add(rule)
            } else if rule.path == nil && rule.major == nil {
                // Making nodes of every kind goes without saying here, but for what a rule denied.
                continue
            } else if try !exceptions.take(rule) {
                continue
            }
            lines.append(DeviceListLine(allow: rule.allow, text: rule.text, path: rule.path))
        }
        return lines
    }
}

/// The exceptions that a group has at one point of its rules. Each question takes the same time however many there are, and
/// nothing is counted before there is one: most containers' rules only ever add.
private struct DeviceExceptions {
    private struct Key: Hashable {
        var kind: DeviceNodeKind
        var major: UInt32?
        var minor: UInt32?

        /// One number instead of five: this is asked for several times for each rule.
        func hash(into hasher: inout Hasher) {
            hasher.combine(UInt64(major ?? .max) << 32 | UInt64(minor ?? .max))
        }
    }

    /// How many exceptions there are for each access.
    private struct Counts {
        var make = 0
        var read = 0
        var write = 0

        mutating func change(_ access: DeviceAccess, by difference: Int) {
            if access.contains(.make) { make += difference }
            if access.contains(.read) { read += difference }
            if access.contains(.write) { write += difference }
        }

        /// How many of them are for some access of a rule.
        func sum(_ access: DeviceAccess) -> Int {
            (access.contains(.make) ? make : 0) + (access.contains(.read) ? read : 0) + (access.contains(.write) ? write : 0)
        }
    }

    private var access: [Key: DeviceAccess] = [:]
    /// By kind and major number, then by kind and minor number; the key has nil for the other.
    private var ofMajor: [Key: Counts] = [:]
    private var ofMinor: [Key: Counts] = [:]
    private var ofKind: [DeviceNodeKind: Counts] = [:]
    /// In the order of the rules.
    private var order: [DeviceRule] = []
    /// How many of them have been counted.
    private var counted = 0

    /// KERNEL: the list is searched from its start for each line, so that more takes the kernel minutes. A program for version 2
    /// holds no more either.
    private static let most = 32768

    mutating func add(_ rule: DeviceRule) throws(CgroupError) {
        order.append(rule)
        if order.count > Self.most { try countAll() }
    }

    private mutating func countAll() throws(CgroupError) {
        for rule in order[counted...] {
            let key = Key(kind: rule.kind, major: rule.major, minor: rule.minor)
            let added = rule.access.subtracting(access[key] ?? [])
            access[key, default: []].formUnion(rule.access)
            count(key, added, 1)
            if access.count > Self.most {
                throw CgroupError(.unsupported, "more than \(Self.most) different device rules", path: rule.path)
            }
        }
        counted = order.count
    }

    private mutating func count(_ key: Key, _ access: DeviceAccess, _ difference: Int) {
        ofMajor[Key(kind: key.kind, major: key.major), default: Counts()].change(access, by: difference)
        ofMinor[Key(kind: key.kind, minor: key.minor), default: Counts()].change(access, by: difference)
        ofKind[key.kind, default: Counts()].change(access, by: difference)
    }

    /// Takes a rule's access away from the exceptions that it covers.
    /// - Returns: whether there was anything to take away.
    mutating func take(_ rule: DeviceRule) throws(CgroupError) -> Bool {
        try countAll()
        let key = Key(kind: rule.kind, major: rule.major, minor: rule.minor)
        let taken = (access[key] ?? []).intersection(rule.access)
        var same = Counts()
        same.change(taken, by: 1)
        if met(by: rule) > same.sum(rule.access) { throw refusal(of: rule) }
        if taken.isEmpty { return false }
        access[key]?.subtract(taken)
        count(key, taken, -1)
        return true
    }

    /// How many exceptions some device of the rule has, each counted once for every access that both have.
    private func met(by rule: DeviceRule) -> Int {
        func sum(_ counts: Counts?) -> Int { counts?.sum(rule.access) ?? 0 }
        switch (rule.major, rule.minor) {
        case (nil, nil): return sum(ofKind[rule.kind])
        case (let major?, nil):
            return sum(ofMajor[Key(kind: rule.kind, major: major)]) + sum(ofMajor[Key(kind: rule.kind)])
        case (nil, let minor?):
            return sum(ofMinor[Key(kind: rule.kind, minor: minor)]) + sum(ofMinor[Key(kind: rule.kind)])
        case (let major?, let minor?):
            let keys = [
                Key(kind: rule.kind, major: major, minor: minor), Key(kind: rule.kind, major: major),
                Key(kind: rule.kind, minor: minor), Key(kind: rule.kind),
            ]
            return keys.reduce(0) { total, key in
                var counts = Counts()
                counts.change(access[key] ?? [], by: 1)
                return total + counts.sum(rule.access)
            }
        }
    }

    private func refusal(of rule: DeviceRule) -> CgroupError {
        var other = rule
        for exception in order where (exception.major, exception.minor) != (rule.major, rule.minor) {
            var left = exception
            left.access = exception.access.intersection(
                access[Key(kind: exception.kind, major: exception.major, minor: exception.minor)] ?? [])
            guard left.overlaps(rule) else { continue }
            other = left
            break
        }
        return CgroupError(
            .unsupported,
            "cgroup v1 cannot \(rule.allow ? "allow" : "deny") \(rule.text) after \(other.text) was "
                + (rule.allow ? "denied" : "allowed"), path: rule.path,
            hint: "name the same numbers in both rules, or leave the wider rule out")
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
