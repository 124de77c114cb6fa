internal import ByteText
internal import CLinux
internal import ContainerPlan
internal import LinuxKernel
internal import RuntimeSpec

extension CheckpointFacts {
    /// Looks at a root, and at the namespaces that config.json names.
    ///
    /// - Parameters:
    ///   - root: the container's root: as one of its processes sees it, or in the bundle.
    ///   - prefix: what the kernel calls that root here; empty for one of another mount namespace.
    static func collect(_ spec: Spec, root: borrowing Descriptor, prefix: String, criuVersion: Int) -> CheckpointFacts {
        var facts = CheckpointFacts()
        facts.criuVersion = criuVersion
        let linux = spec.linux ?? Linux()
        for path in (spec.mounts ?? []).map({ $0.destination }) + (linux.maskedPaths ?? []) {
            facts.places[path] = place(path, in: root, prefix)
        }
        for path in linux.maskedPaths ?? [] {
            guard let file = try? ContainerPath(path).open(in: root, flags: .path), let status = try? Files.status(of: file)
            else {
                continue
            }
            if status.kind != .directory { facts.maskedFiles.insert(path) }
        }
        for namespace in linux.namespaces ?? [] {
            guard let kind = namespace.kind, let path = namespace.path, !path.isEmpty else { continue }
            facts.namespaceNumbers[kind] = (try? Files.status(of: path, followingLink: true))?.inode
        }
        return facts
    }

    /// Whether CRIU sees AppArmor here: by this directory, wherever else the kernel tells of it.
    static func findAppArmor() -> Bool { (try? Files.status(of: "/sys/kernel/security/apparmor")) != nil }

    /// Where a path leads inside the root. Of what is not there yet, where that would be.
    private static func place(_ path: String, in root: borrowing Descriptor, _ prefix: String) -> String {
        var missing = ""
        var present = path.begins(with: "/") ? path : "/" + path
        while true {
            if let file = try? ContainerPath(present).open(in: root, flags: .path),
                let found = try? Files.readLink("/proc/self/fd/\(file.number)")
            {
                let inside = prefix == "/" ? found : found.after(prefix) ?? found
                return (inside == "/" ? "" : inside) + missing == "" ? "/" : (inside == "/" ? "" : inside) + missing
            }
            guard let halves = present.lastHalves(at: "/"), !present.isEmpty else { return path }
            missing = (halves.second.isEmpty ? "" : "/" + halves.second) + missing
            if halves.first.isEmpty { return missing }
            present = halves.first
        }
    }
}

extension CheckpointOptions {
    /// Whether the directory of the parent's images is there. That of the images may be yet to be made, and those above it.
    var hasParent: Bool {
        guard let parentPath else { return true }
        var present = imagePath
        var missing = 0
        while (try? Files.status(of: present, followingLink: true)) == nil, let halves = present.lastHalves(at: "/") {
            present = halves.first.isEmpty ? "/" : halves.first
            if !halves.second.isEmpty { missing += 1 }
        }
        var rest = parentPath.parts(at: "/")[...]
        while missing > 0 {
            // What is not made yet is empty: every way leads out of it.
            guard let name = rest.popFirst(), name == ".." || name == "." else { return false }
            if name == ".." { missing -= 1 }
        }
        return (try? Files.open(present + "/" + rest.joined(separator: "/"), flags: [.path, .directory])) != nil
    }
}

/// What the standard streams of a program are, by the kernel's names: a restored program gets those of its new caller in the
/// place of pipes that were dumped.
enum StreamNames {
    /// The file beside CRIU's images. RUNC: its name and form.
    static let file = "descriptors.json"

    /// - Parameter standard: descriptors that become the streams; nil for this process's own.
    static func own(_ standard: [Int32?]) -> [String] {
        (0..<3).map { index in (try? Files.readLink("/proc/self/fd/\(standard[index] ?? Int32(index))")) ?? "" }
    }

    static func encoded(_ names: [String]) -> [UInt8] {
        var writer = JSONWriter(layout: .compact, capacity: 256)
        writer.list(names) { $1.string($0) }
        return writer.bytes
    }

    /// What the streams were that were dumped. The file may be anybody's, or not be there.
    static func read(in images: String) -> [String] {
        guard let directory = try? Files.open(images, flags: [.path, .directory]),
            let file = try? Files.open(Self.file, flags: [.nonBlocking, .noFollow], at: directory.number),
            let bytes = try? Files.read(file, name: Self.file, limit: 1 << 16)
        else { return [] }
        var names: [String] = []
        _ = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe JSONReader.list(bytes) { (reader) throws(JSONStop) in names.append(try reader.text()) }
        }
        return names
    }
}
