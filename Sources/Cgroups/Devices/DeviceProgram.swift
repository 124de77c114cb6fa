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
        private var isTooLarge = false

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
            return isTooLarge ? nil : assembler.assembled()
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
            let found = LastRules(rules.rules, of: kind)
            // More than any program can hold, and than is worth to be looked at.
            isTooLarge = isTooLarge || found.majors.count.multipliedReportingOverflow(by: found.minors).partialValue > 1 << 20
            if isTooLarge { return }
            let otherwise = found.table(nil)
            var tables: [(label: BPFInstruction.Label, table: MinorTable)] = []
            for number in found.majors.sorted() {
                let table = found.table(number)
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
    }

    /// The rules of one kind, in the form that answers which of them counts: for each device and each access the last.
    private struct LastRules {
        /// For each access the number of the last rule, twice and one more if it allows. The larger of two is the later.
        private struct Last {
            var make = 0
            var read = 0
            var write = 0

            mutating func note(_ rule: DeviceRule, number: Int) {
                let verdict = 2 * number + (rule.allow ? 1 : 0)
                if rule.access.contains(.make) { make = verdict }
                if rule.access.contains(.read) { read = verdict }
                if rule.access.contains(.write) { write = verdict }
            }

            func merged(_ other: Last?) -> Last {
                guard let other else { return self }
                return Last(make: max(make, other.make), read: max(read, other.read), write: max(write, other.write))
            }

            var granted: DeviceAccess {
                var access: DeviceAccess = []
                if make & 1 == 1 { access.insert(.make) }
                if read & 1 == 1 { access.insert(.read) }
                if write & 1 == 1 { access.insert(.write) }
                return access
            }
        }

        private var all = Last()
        private var ofMajor: [UInt32: Last] = [:]
        private var ofMinor: [UInt32: Last] = [:]
        private var single: [UInt32: [UInt32: Last]] = [:]

        init(_ rules: [DeviceRule], of kind: DeviceNodeKind) {
            for (number, rule) in rules.enumerated() where rule.kind == kind {
                switch (rule.major, rule.minor) {
                case (nil, nil): all.note(rule, number: number + 1)
                case (let major?, nil): ofMajor[major, default: Last()].note(rule, number: number + 1)
                case (nil, let minor?): ofMinor[minor, default: Last()].note(rule, number: number + 1)
                case (let major?, let minor?): single[major, default: [:]][minor, default: Last()].note(rule, number: number + 1)
                }
            }
        }

        /// The major numbers that rules name.
        var majors: Set<UInt32> { Set(ofMajor.keys).union(single.keys) }

        /// How many minor numbers rules for all major numbers name.
        var minors: Int { ofMinor.count }

        /// - Parameter major: nil for those that no rule names.
        func table(_ major: UInt32?) -> MinorTable {
            let named = major.flatMap { single[$0] } ?? [:]
            let anyMinor = all.merged(major.flatMap { ofMajor[$0] })
            var table = MinorTable(single: [], otherwise: anyMinor.granted)
            for number in Set(named.keys).union(ofMinor.keys).sorted() {
                let granted = anyMinor.merged(ofMinor[number]).merged(named[number]).granted
                if granted != table.otherwise { table.single.append(MinorTable.Entry(number: number, granted: granted)) }
            }
            return table
        }
    }
}
