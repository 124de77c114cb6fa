internal import ByteText
internal import LinuxKernel

extension Cgroup {
    /// Changes values of groups in use: all of them, or, when one is refused, none.
    /// - Parameter tell: what is done once the kernel has taken them; when it fails they are taken back as well.
    /// - Throws: as `apply`, and what `tell` throws; the hint names files that could not be taken back.
    package func update(
        _ update: CgroupUpdate, thenTelling tell: () throws(CgroupError) -> Void = { () throws(CgroupError) in }
    ) throws(CgroupError) {
        let former = update.changes.writes.compactMap { value(before: $0) }
        do throws(CgroupError) {
            try apply(update.changes)
            try tell()
        } catch {
            var error = error
            if let rules = update.formerDevices { try? apply(rules) }
            let changed = restore(former)
            if !changed.isEmpty, exists {
                error.hint = (error.hint.map { $0 + "; " } ?? "") + "other values stay in " + changed.joined(separator: ", ")
            }
            throw error
        }
    }

    /// What is to be written again for a value to be as it was; nil when the file does not tell.
    private func value(before write: CgroupWrite) -> CgroupWrite? {
        guard write.controller != "devices", let location = location(for: write) else { return nil }
        let group = GroupFiles(location)
        for (file, value) in [(write.file, write.value)] + (write.alternative.map { [($0.file, $0.value)] } ?? []) {
            guard let text = group.readIfPresent(file) else { continue }
            guard let former = Cgroup.former(text, of: file, before: value) else { return nil }
            var result = write
            (result.file, result.value, result.alternative) = (file, former, nil)
            return result
        }
        return nil
    }

    /// The value that a file's text gives for what a write names.
    static func former(_ text: String, of file: String, before value: String) -> String? {
        let lines = text.lines
        let words = value.words
        if let key = words.first, words.count > 1, key.has(":") || file == "rdma.max" || file == "net_prio.ifpriomap" {
            if let line = lines.first(where: { $0.words.first == key }) { return line }
            switch file {
            case "io.max": return key + " rbps=max wbps=max riops=max wiops=max"
            case "io.weight", "io.bfq.weight": return key + " default"
            default: return file.begins(with: "blkio.") ? key + " 0" : nil
            }
        }
        if file == "memory.oom_control" { return lines.first { $0.begins(with: "oom_kill_disable ") }?.words.last }
        // Of weights the default comes first; other files with lines are no single value.
        if lines.count > 1 { return lines.first { $0.begins(with: "default ") } }
        // An empty list of CPUs, for example. Writing nothing at all would change nothing.
        return lines.first ?? "\n"
    }

    /// Writes values again. They limit each other, so those that are refused are tried again as long as others are accepted.
    /// - Returns: the files that keep other values.
    private func restore(_ values: [CgroupWrite]) -> [String] {
        var pending = Array(values.reversed())
        while true {
            let refused = pending.filter { write in
                guard let location = location(for: write) else { return false }
                return (try? GroupFiles(location).write(write.value, to: write.file)) == nil
            }
            if refused.isEmpty || refused.count == pending.count { return refused.map({ $0.file }) }
            pending = refused
        }
    }
}
