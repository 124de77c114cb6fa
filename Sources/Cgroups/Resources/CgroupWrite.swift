package import RuntimeSpec

/// A value for a file of a control group.
package struct CgroupWrite: Hashable, Sendable, CustomStringConvertible {
    /// Another file for the same wish, taken when the first does not exist. Kernels name some files after the scheduler.
    package struct Alternative: Hashable, Sendable {
        package var file: String
        package var value: String
    }

    /// When a value may be written.
    package enum Moment: String, Hashable, Sendable {
        /// Before a process is in the group, so that it never runs without the limit.
        case beforeJoin
        /// Only with the container's first process inside, because the value would keep it out.
        case afterJoin
    }

    /// The controller that owns the file; `cgroup` for files of every group.
    package var controller: String
    /// The version of the hierarchy that has the controller.
    package var version: CgroupVersion
    package var file: String
    package var value: String
    /// The property that asks for it.
    package var path: JSONPath
    package var alternative: Alternative?
    /// Whether it is no error when neither file exists: the kernel lacks what the value would switch off.
    package var isOptional: Bool
    /// Values of one set limit each other. One that is refused is written again after the others of its set.
    package var set: String?
    package var moment: Moment

    package init(
        controller: String, version: CgroupVersion, file: String, value: String, path: JSONPath,
        alternative: Alternative? = nil, isOptional: Bool = false, set: String? = nil, moment: Moment = .beforeJoin
    ) {
        self.controller = controller
        self.version = version
        self.file = file
        self.value = value
        self.path = path
        self.alternative = alternative
        self.isOptional = isOptional
        self.set = set
        self.moment = moment
    }

    /// `v2 memory.max ← 1048576`, with what the file may be instead.
    package var description: String {
        var text = "\(version.rawValue) \(file) ← \(value.escaped)"
        if let alternative { text += " (or \(alternative.file) ← \(alternative.value.escaped))" }
        if isOptional { text += " (if there is one)" }
        if moment == .afterJoin { text += " (after joining)" }
        return text
    }
}

/// A limit that must be above the current use before anything is written.
///
/// SPEC(config-linux.md#memory): `checkBeforeUpdate`. cgroup v1 refuses by itself; v2 would kill instead.
package struct CgroupUsageCheck: Hashable, Sendable, CustomStringConvertible {
    /// Files whose values are added; one that does not exist counts as 0.
    package var files: [String]
    /// Bytes.
    package var limit: Int64
    /// `memory` or `memory+swap`.
    package var what: String
    package var path: JSONPath

    package var description: String { "v2 \(files.joined(separator: " + ")) < \(limit)" }
}

/// All that `linux.resources` asks for on a host with a given layout.
package struct CgroupChanges: Equatable, Sendable {
    /// Looked at first.
    package var checks: [CgroupUsageCheck] = []
    /// In the order in which they are written.
    package var writes: [CgroupWrite] = []
    /// The device program of a group in the v2 hierarchy; nil when rules are not to be changed or are written as v1 lists.
    package var deviceRules: DeviceRules?
    /// What is ignored, and why.
    package var warnings: [Diagnostic] = []

    /// Controllers of the v2 hierarchy that must be enabled for the group.
    package var unifiedControllers: Set<String> {
        Set(writes.filter { $0.version == .v2 && $0.controller != "cgroup" }.map { $0.controller })
    }
}
