/// The device rules of a container as a program for a v2 group (BPF_PROG_TYPE_CGROUP_DEVICE).
///
/// Not one test for each rule, but a decision: rules are resolved here, for every kind, major and minor number that a rule
/// names and for "any other", to the access that is granted. The program finds the device by a chain of comparisons and
/// checks the request against that. It is short, so the kernel verifies and runs it quickly.
package struct DeviceProgram: Hashable, Sendable {
    /// Instructions as the kernel takes them.
    package let instructions: [UInt64]

    // Offsets in struct bpf_cgroup_dev_ctx: access in the upper, kind in the lower half; major; minor.
    private static let accessAndKind: Int16 = 0
    private static let majorOffset: Int16 = 4
    private static let minorOffset: Int16 = 8

    private static let context: UInt8 = 1
    private static let request: UInt8 = 2
    private static let major: UInt8 = 3
    private static let minor: UInt8 = 4
    private static let kind: UInt8 = 5

    /// Compiles rules.
    /// - Throws: `CgroupError` of kind `unsupported` for more rules than a program can hold (some ten thousand).
    package init(_ rules: DeviceRules) throws(CgroupError) {
        var builder = Builder(rules: rules)
        guard let instructions = builder.build() else {
            throw CgroupError(.unsupported, "\(rules.rules.count) device rules are more than a program can hold")
        }
        self.instructions = instructions
    }

    private struct Builder {
        let rules: DeviceRules
        var assembler = BPFAssembler()
        /// Where a request is checked against what is granted.
        var checks: [DeviceAccess: BPFInstruction.Label] = [:]
        let allow: BPFInstruction.Label
        let deny: BPFInstruction.Label

        init(rules: DeviceRules) {
            self.rules = rules
            allow = assembler.newLabel()
            deny = assembler.newLabel()
        }

        mutating func build() -> [UInt64]? {
            assembler.emit(.load(to: request, base: context, offset: accessAndKind))
            assembler.emit(.load(to: major, base: context, offset: majorOffset))
            assembler.emit(.load(to: minor, base: context, offset: minorOffset))
            assembler.emit(.copy(to: kind, from: request))
            assembler.emit(.and(kind, 0xffff))
            assembler.emit(.shiftRight(request, 16))
            let block = assembler.newLabel()
            assembler.emit(.jumpIfNotEqual(kind, DeviceNodeKind.character.rawValue, block))
            decide(.character)
            assembler.emit(.label(block))
            assembler.emit(.jumpIfNotEqual(kind, DeviceNodeKind.block.rawValue, deny))
            decide(.block)
            for (granted, label) in checks.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                assembler.emit(.label(label))
                assembler.emit(.jumpIfAny(request, DeviceAccess.all.subtracting(granted).rawValue, deny))
                assembler.emit(.jump(allow))
            }
            for (label, verdict) in [(allow, UInt32(1)), (deny, 0)] {
                assembler.emit(.label(label))
                assembler.emit(.set(0, verdict))
                assembler.emit(.exit)
            }
            return assembler.assembled()
        }

        private mutating func check(_ granted: DeviceAccess) -> BPFInstruction.Label {
            if granted == .all { return allow }
            if let label = checks[granted] { return label }
            let label = assembler.newLabel()
            checks[granted] = label
            return label
        }

        /// Finds the device among those of a kind that rules name.
        private mutating func decide(_ kind: DeviceNodeKind) {
            // The rules for each major number, in order; rules for all numbers are in every list.
            var general: [DeviceRule] = []
            var special: [UInt32: [DeviceRule]] = [:]
            for rule in rules.rules where rule.kind == kind {
                if let number = rule.major {
                    special[number, default: general].append(rule)
                } else {
                    general.append(rule)
                    for number in special.keys { special[number]?.append(rule) }
                }
            }
            let otherwise = MinorTable(general)
            var tables: [(label: BPFInstruction.Label, table: MinorTable)] = []
            for (number, rules) in special.sorted(by: { $0.key < $1.key }) {
                let table = MinorTable(rules)
                if table == otherwise { continue }
                if table.single.isEmpty {
                    assembler.emit(.jumpIfEqual(major, number, check(table.otherwise)))
                } else {
                    let label = assembler.newLabel()
                    assembler.emit(.jumpIfEqual(major, number, label))
                    tables.append((label, table))
                }
            }
            emit(otherwise)
            for (label, table) in tables {
                assembler.emit(.label(label))
                emit(table)
            }
        }

        private mutating func emit(_ table: MinorTable) {
            for entry in table.single {
                assembler.emit(.jumpIfEqual(minor, entry.number, check(entry.granted)))
            }
            assembler.emit(.jump(check(table.otherwise)))
        }
    }

    /// What is granted for each minor number that a rule names, and for all others.
    private struct MinorTable: Equatable {
        /// Sorted by number; only those that differ from the others.
        var single: [Entry] = []
        var otherwise: DeviceAccess = []

        struct Entry: Equatable {
            var number: UInt32
            var granted: DeviceAccess
        }

        /// - Parameter rules: all of one kind and one major number, in order.
        init(_ rules: [DeviceRule]) {
            var granted: [UInt32: DeviceAccess] = [:]
            for rule in rules {
                if let number = rule.minor {
                    granted[number, default: otherwise].apply(rule)
                } else {
                    otherwise.apply(rule)
                    for number in granted.keys { granted[number]?.apply(rule) }
                }
            }
            for (number, access) in granted.sorted(by: { $0.key < $1.key }) where access != otherwise {
                single.append(Entry(number: number, granted: access))
            }
        }
    }
}

extension DeviceAccess {
    /// Adds or takes away what a rule says.
    fileprivate mutating func apply(_ rule: DeviceRule) {
        if rule.allow { formUnion(rule.access) } else { subtract(rule.access) }
    }
}
