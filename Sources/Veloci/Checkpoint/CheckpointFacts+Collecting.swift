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
            guard let file = try? RootedFiles.open(path, in: root, flags: .path), let status = try? Files.status(of: file) else {
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

    /// Where a path leads inside the root. Of what is not there yet, where that would be.
    private static func place(_ path: String, in root: borrowing Descriptor, _ prefix: String) -> String {
        var missing = ""
        var present = path.begins(with: "/") ? path : "/" + path
        while true {
            if let file = try? RootedFiles.open(present, in: root, flags: .path),
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

    /// The streams whose pipes were dumped, by their number. The file may be anybody's.
    static func pipes(in directory: Int32) -> [(key: String, number: Int32)] {
        guard let file = try? Files.open(Self.file, flags: [.nonBlocking, .noFollow], at: directory),
            let bytes = try? Files.read(file, name: Self.file, limit: 1 << 16)
        else { return [] }
        var names: [String] = []
        _ = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe JSONReader.list(bytes) { (reader) throws(JSONStop) in names.append(try reader.text()) }
        }
        return names.prefix(3).enumerated().filter { $0.element.begins(with: "pipe:") }.map { ($0.element, Int32($0.offset)) }
    }
}
