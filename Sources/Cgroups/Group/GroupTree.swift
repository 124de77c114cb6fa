internal import ByteText
internal import CLinux
internal import LinuxKernel

/// A group and all groups inside it.
///
/// A container that may make groups decides how many there are and how deep: deeper than a path can be long, or than a
/// stack of calls. So the walk holds one descriptor and goes up by `..`: in these file systems a directory never changes its
/// parent.
enum GroupTree {
    /// Where a walk stands: a directory with an open descriptor.
    typealias Place = Int32

    /// Visits the group and those inside it, each before what is in it.
    static func visit(_ top: String, _ body: (Place) throws(KernelError) -> Void) throws(KernelError) {
        try walk(top, entering: body) { (_, _) in }
    }

    /// Removes the groups inside a group, innermost first; the group itself stays.
    /// - Returns: why one could not be removed; nil when all are gone.
    static func removeChildren(of top: String) throws(KernelError) -> Errno? {
        var last: Errno?
        try walk(top, entering: { (_) in }) { (parent, name) in
            do throws(KernelError) {
                try Files.removeDirectory(name, at: parent)
            } catch {
                if !error.meansGone { last = error.errno }
            }
        }
        return last
    }

    /// The processes of one group. A threaded group of v2 shows only threads.
    static func processes(at place: Place) throws(KernelError) -> [Int32] {
        do throws(KernelError) {
            return try Files.readText("cgroup.procs", at: place).words.compactMap { Int32($0) }
        } catch where error.errno == .notSupported {
            return try Files.readText("cgroup.threads", at: place).words.compactMap { Int32($0) }
        }
    }

    /// - Parameters:
    ///   - entering: for each group, the top included, before those inside it.
    ///   - leaving: for each group but the top, after those inside it, with the group around it and the name.
    private static func walk(
        _ top: String, entering: (Place) throws(KernelError) -> Void, leaving: (Place, FileName) -> Void
    ) throws(KernelError) {
        let flags: OpenFlags = [.directory, .noFollow]
        var current = try Files.open(top, flags: flags)
        try entering(current.number)
        // For each level from the top to the current one: the groups that are still to be visited.
        var waiting = [try Files.directories(in: ".", at: current.number)]
        var names: [FileName] = []
        while let level = waiting.indices.last {
            if let name = waiting[level].popLast() {
                // One that is gone meanwhile is passed over.
                guard let child = try enter(name, at: current.number, flags, entering) else { continue }
                waiting.append(try inside(child))
                names.append(name)
                current = Descriptor(owning: child)
                continue
            }
            waiting.removeLast()
            guard let name = names.popLast() else { return }
            // A group that was removed while we were in it still knows the one around it.
            current = try Files.open("..", flags: flags, at: current.number)
            leaving(current.number, name)
        }
    }

    private static func enter(
        _ name: FileName, at parent: Place, _ flags: OpenFlags, _ entering: (Place) throws(KernelError) -> Void
    ) throws(KernelError) -> Int32? {
        do throws(KernelError) {
            let child = try Files.open(name, flags: flags, at: parent)
            try entering(child.number)
            return child.release()
        } catch {
            if error.meansGone { return nil }
            throw error
        }
    }

    private static func inside(_ place: Place) throws(KernelError) -> [FileName] {
        do throws(KernelError) {
            return try Files.directories(in: ".", at: place)
        } catch {
            if error.meansGone { return [] }
            throw error
        }
    }
}
