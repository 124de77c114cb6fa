internal import ByteText
internal import LinuxKernel
internal import RuntimeSpec

/// The part of a processor's cache and memory bandwidth that a container may use: Intel RDT, through resctrl.
///
/// SPEC(config-linux.md#intelrdt)
struct CacheControl {
    /// Where resctrl is mounted.
    let mountPoint: String
    /// The property that asks for it; empty where flags do.
    private let path: JSONPath
    private static let property = JSONPath([.member("linux"), .member("intelRdt")])

    /// Where resctrl is mounted on this host; nil if it is not.
    static func mountPoint(inMountTable table: String) -> String? {
        for line in table.lines {
            let fields = line.words
            guard let dash = fields.firstIndex(where: { $0 == "-" }) else { continue }
            if dash + 1 < fields.count, fields[dash + 1] == "resctrl", fields.count > 4 { return fields[4] }
        }
        return nil
    }

    init(mountPoint: String? = nil, path: JSONPath = CacheControl.property) throws(Failure) {
        self.path = path
        if let mountPoint {
            self.mountPoint = mountPoint
            return
        }
        guard let table = try? Files.readText("/proc/self/mountinfo"), let found = Self.mountPoint(inMountTable: table) else {
            throw Failure(
                .unsupported, "Intel RDT is not available on this host", path: path,
                hint: "mount it with: mount -t resctrl resctrl /sys/fs/resctrl")
        }
        self.mountPoint = found
    }

    /// What was made or joined, and what deleting the container removes.
    struct Membership: Equatable {
        /// The class of service that the process joins.
        var group: String
        var monitoringGroup: String?
        /// Directories that the container owns.
        var owned: [String]
    }

    /// Makes what `rdt` asks for, before the process exists. Nothing is left when it fails.
    func prepare(_ rdt: IntelRdt, id: String) throws(Failure) -> Membership {
        let given = rdt.givenClass
        let group = group(of: rdt, id: id)
        var membership = Membership(group: group, monitoringGroup: nil, owned: [])
        let lines = schemata(rdt)
        do throws(Failure) {
            let exists = (try? Files.status(of: group)) != nil
            if !exists {
                if given != nil && lines.isEmpty {
                    throw Failure(
                        .invalidConfiguration, "the class \(group) does not exist and there is no schema to make it with",
                        path: property("closID"))
                }
                try make(group, "closID")
                // A class that config.json names outlives the container: others may use it.
                if given == nil { membership.owned.append(group) }
            }
            if exists && given != nil {
                try compare(lines, group)
            } else {
                try write(lines, group)
            }
            if rdt.enableMonitoring == true {
                let monitoring = group + "/mon_groups/" + id
                try make(monitoring, "enableMonitoring")
                membership.monitoringGroup = monitoring
                membership.owned.append(monitoring)
            }
            return membership
        } catch {
            Self.remove(membership.owned)
            throw error
        }
    }

    /// Changes the schemata of the class that a container is in. One that is in none gets a class of its own, with all its
    /// processes.
    /// - Parameter current: what the container has so far.
    /// - Returns: directories that the container owns from now on.
    func update(
        _ change: IntelRdt, of current: IntelRdt?, id: String, processes: [Int32]
    ) throws(Failure) -> [String] {
        if let current {
            try write(schemata(change), group(of: current, id: id))
            return []
        }
        let membership = try prepare(change, id: id)
        do throws(Failure) {
            for process in processes { try join(membership, pid: process) }
        } catch {
            // The kernel gives the processes of a class that goes back to the one around it.
            Self.remove(membership.owned)
            throw error
        }
        return membership.owned
    }

    /// The directory of the class that `rdt` names; the default class is the root itself.
    private func group(of rdt: IntelRdt, id: String) -> String {
        rdt.givenClass == "/" ? mountPoint : mountPoint + "/" + (rdt.givenClass ?? id)
    }

    /// Moves the process in.
    func join(_ membership: Membership, pid: Int32) throws(Failure) {
        do throws(KernelError) {
            try Files.writeValue("\(pid)", to: membership.group + "/tasks")
            if let monitoring = membership.monitoringGroup { try Files.writeValue("\(pid)", to: monitoring + "/tasks") }
        } catch {
            throw .kernel(error, "cannot join the cache control group", path: path)
        }
    }

    /// Removes directories that a container owns, the inner ones first.
    static func remove(_ directories: [String]) {
        for directory in directories.reversed() { _ = try? Files.removeDirectory(directory) }
    }

    /// The place in config.json; nothing where flags asked.
    private func property(_ name: String) -> JSONPath {
        path.components.isEmpty ? path : path.member(name)
    }

    private func schemata(_ rdt: IntelRdt) -> [String] {
        let old = [rdt.l3CacheSchema, rdt.memBwSchema].compactMap { $0 }.filter { !$0.isEmpty }
        return old + (rdt.schemata ?? [])
    }

    private func make(_ directory: String, _ property: String) throws(Failure) {
        do throws(KernelError) {
            try Files.makeDirectory(directory, mode: 0o755)
        } catch {
            throw .kernel(error, "cannot make the cache control group", path: self.property(property))
        }
    }

    private func write(_ lines: [String], _ group: String) throws(Failure) {
        for line in lines {
            do throws(KernelError) {
                let file = try Files.open(group + "/schemata", flags: .writeOnly)
                try Files.write(Array((line + "\n").utf8), to: file, name: group + "/schemata")
            } catch {
                let said = (try? Files.readText(mountPoint + "/info/last_cmd_status"))?.lines.first
                throw Failure(
                    .kernel, "resctrl refused \"\(line)\"", path: property("schemata"), errno: error.errno,
                    hint: said)
            }
        }
    }

    /// A class that exists must already say what config.json says.
    private func compare(_ lines: [String], _ group: String) throws(Failure) {
        if lines.isEmpty { return }
        guard let text = try? Files.readText(group + "/schemata") else {
            throw Failure(.kernel, "cannot read \(group)/schemata", path: path)
        }
        let present = Set(text.lines.flatMap { Self.parts($0) })
        for line in lines where !present.isSuperset(of: Self.parts(line)) {
            throw Failure(
                .invalidConfiguration, "the class \(group) exists and differs from \"\(line)\"", path: property("schemata"),
                hint: "choose another closID or the schemata that the class has")
        }
    }

    /// `L3:0=f;1=0f` as `L3:0=f` and `L3:1=f`: the kernel pads and orders as it likes.
    private static func parts(_ line: String) -> [String] {
        guard let (name, masks) = line.words.joined().halves(at: ":") else { return [] }
        return masks.parts(at: ";").map { part in
            let (domain, mask) = part.halves(at: "=") ?? (part, "")
            let value = String(decoding: mask.utf8.drop { $0 == UInt8(ascii: "0") }, as: UTF8.self)
            return "\(name):\(domain)=\(value.lowered)"
        }
    }
}

extension IntelRdt {
    /// The class that the configuration names; RUNC: callers write an empty text for none.
    fileprivate var givenClass: String? { closID.flatMap { $0.isEmpty ? nil : $0 } }

    /// This configuration with the schemata of a change.
    func updated(by change: IntelRdt) -> IntelRdt {
        var merged = self
        merged.l3CacheSchema = change.l3CacheSchema ?? l3CacheSchema
        merged.memBwSchema = change.memBwSchema ?? memBwSchema
        return merged
    }
}
