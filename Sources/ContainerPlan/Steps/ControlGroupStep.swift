package import Cgroups
internal import RuntimeSpec

/// The control group that a container gets: in each hierarchy a directory.
public struct ControlGroupRequest: Equatable, Sendable {
    /// The directories.
    package var paths: CgroupPaths
    /// What will be written; says which controllers of version 2 must be enabled.
    package var changes: CgroupChanges
    /// Whether systemd has made the directories.
    package var isOfUnit: Bool

    /// The directories by controller, the empty name for version 2.
    public var directories: [String: String] { paths.recorded }

    /// The group as seen from the mount point of its first hierarchy.
    public var path: String { paths.locations.first.map { "/" + $0.components.joined(separator: "/") } ?? "" }
}

/// One limit: a value, or several of which each limits the others, written to files of the control group.
public struct ControlGroupLimit: Equatable, Sendable {
    /// What is written or looked at.
    package var limit: CgroupLimit
    /// Without privileges the kernel's refusal of device rules is no error: no nodes are made that they would be for.
    package var toleratesDevices: Bool

    /// What is done, to complete "cannot …".
    public var text: String { limit.text }

    /// Whether it needs the container's first process inside.
    public var isLate: Bool { limit.isLate }
}

/// What systemd is asked for.
public struct UnitRequest: Equatable, Sendable {
    /// The unit and its slice.
    package var unit: SystemdUnit
    /// Whether it is a unit of the user's own systemd.
    package var isOfUser: Bool
    /// What it is told, but for the process that holds the unit.
    package var properties: [SystemdProperty]

    /// Such as `libpod-0abc.scope`.
    public var name: String { unit.name }

    /// The properties as a plan shows them.
    public var text: String { properties.map { $0.description }.joined(separator: ", ") }
}

/// Properties that a running unit gets.
public struct UnitChange: Equatable, Sendable {
    /// The unit.
    package var unit: SystemdUnit
    /// Whether it is a unit of the user's own systemd.
    package var isOfUser: Bool
    /// Its new properties.
    package var properties: [SystemdProperty]

    /// Such as `libpod-0abc.scope`.
    public var name: String { unit.name }

    /// The properties as a plan shows them.
    public var text: String { properties.map { $0.description }.joined(separator: ", ") }
}

/// Who makes control groups.
public enum ControlGroupManager: String, Sendable {
    /// Directories in the control group file systems.
    case files
    /// Units of systemd.
    case systemd
    /// No control group at all.
    case disabled
}
