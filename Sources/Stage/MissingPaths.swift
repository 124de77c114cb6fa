import CLinux
import CStageWire

// Making what is missing of a path inside the container's root, which the image decides about: it may have links that lead to
// nothing yet, as /etc/resolv.conf where systemd runs. Every look and every change goes through a descriptor of the root
// (RESOLVE_IN_ROOT), so that no text of the image is ever resolved from anywhere else.

private let slash = UInt8(ascii: "/")

/// The kernel follows as many (path_resolution(7)).
private let mostLinks = 40

extension Interpreter {
    /// Opens a path below the root, after making what is missing of it: directories, and the last component by `make`, which
    /// gets a descriptor of the directory that holds it, and its name.
    func openOrMake(
        _ root: Int32, _ path: Path, flags: Int32 = O_PATH, resolve: UInt64 = resolveInRoot,
        _ make: (Int32, Path) throws(Refusal) -> Void
    ) throws(Refusal) -> Int32 {
        do throws(Refusal) {
            return try unsafe openInRoot(root, path, flags: flags, resolve: resolve)
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
        if try unsafe !makeAtOnce(root, path, resolve: resolve, make) {
            try unsafe withUnsafeScratch { (text) throws(Refusal) in
                try unsafe withUnsafeScratch { (spare) throws(Refusal) in
                    var missing = unsafe MissingPath(root: root, resolve: resolve, text: text, spare: spare)
                    try unsafe missing.copy(path)
                    try unsafe missing.make(make)
                }
            }
        }
        return try unsafe openInRoot(root, path, flags: flags, resolve: resolve)
    }

    /// As openOrMake, but begins with making. Nil for what was made just now, and is what was wanted.
    func makeOrOpen(
        _ root: Int32, _ path: Path, _ make: (Int32, Path) throws(Refusal) -> Void
    ) throws(Refusal) -> Int32? {
        try unsafe makeAtOnce(root, path, make) ? nil : try openOrMake(root, path, make)
    }

    /// As withParent, but makes the directories above the last component if they are missing.
    func withMadeParent(_ root: Int32, _ path: Path, _ body: (Int32, Path) throws(Refusal) -> Void) throws(Refusal) {
        if try unsafe makeAtOnce(root, path, body) { return }
        try unsafe makeParent(root, path)
        try unsafe withParent(root, path, body)
    }

    /// Makes the last component where all others exist and it does not, not even as a link: one look instead of one for each
    /// component. False when it is otherwise, which is for the walk to find out.
    private func makeAtOnce(
        _ root: Int32, _ path: Path, resolve: UInt64 = resolveInRoot, _ make: (Int32, Path) throws(Refusal) -> Void
    ) throws(Refusal) -> Bool {
        do throws(Refusal) {
            try unsafe withParent(root, path, resolve: resolve, make)
            return true
        } catch {
            guard error.errno == ENOENT || error.errno == EEXIST else { throw error }
            return false
        }
    }

    /// Makes the directory and those above it.
    func makeDirectories(_ root: Int32, _ path: Path) throws(Refusal) {
        unsafe close(
            try openOrMake(root, path) { (parent, name) throws(Refusal) in
                try unsafe call(__NR_mkdirat, word(parent), word(name), 0o755)
            })
    }

    /// Makes the directory in which the program will start. Whatever is there decides when it is entered.
    func makeWorkingDirectory(_ arguments: Arguments) throws(Refusal) {
        let root = arguments.slot(0)
        let path = try unsafe arguments.path(1)
        do throws(Refusal) {
            unsafe close(try openInRoot(root, path, flags: O_PATH))
        } catch {
            if error.errno == ENOENT { try unsafe makeDirectories(root, path) }
        }
    }

    /// Makes the directories above the last component.
    private func makeParent(_ root: Int32, _ path: Path) throws(Refusal) {
        guard let cut = unsafe lastSlash(path), cut > 0 else { return }
        let text = unsafe UnsafeMutablePointer(mutating: path)
        unsafe text[cut] = 0
        defer { unsafe text[cut] = slash }
        try unsafe makeDirectories(root, path)
    }
}

/// Calls `body` with a descriptor of the directory that holds the last component, and that component.
func withParent(
    _ root: Int32, _ path: Path, resolve: UInt64 = resolveInRoot, _ body: (Int32, Path) throws(Refusal) -> Void
) throws(Refusal) {
    guard let cut = unsafe lastSlash(path) else { return try unsafe body(root, path) }
    // The path ends here for the moment.
    let text = unsafe UnsafeMutablePointer(mutating: path)
    unsafe text[cut] = 0
    let parent: Int32
    do throws(Refusal) {
        parent = unsafe cut == 0 ? root : try openInRoot(root, path, flags: O_PATH | O_DIRECTORY, resolve: resolve)
    } catch {
        unsafe text[cut] = slash
        throw error
    }
    unsafe text[cut] = slash
    defer { if cut > 0 { close(parent) } }
    try unsafe body(parent, path + cut + 1)
}

private func lastSlash(_ path: Path) -> Int? {
    var index = unsafe length(path)
    while index > 0 {
        index -= 1
        if unsafe path[index] == slash { return index }
    }
    return nil
}

/// A path that is walked from the root on. Links that lead somewhere are the kernel's to follow; one that does not is replaced
/// by what it says, and the walk begins again.
@safe private struct MissingPath {
    let root: Int32
    let resolve: UInt64
    /// The path, and room for the next.
    var text: UnsafeMutablePointer<UInt8>
    var spare: UnsafeMutablePointer<UInt8>
    /// Up to here everything exists.
    var index = 0
    var links = 0

    init(root: Int32, resolve: UInt64, text: UnsafeMutablePointer<UInt8>, spare: UnsafeMutablePointer<UInt8>) {
        self.root = root
        self.resolve = resolve
        unsafe self.text = text
        unsafe self.spare = spare
    }

    func copy(_ path: Path) throws(Refusal) {
        let end = unsafe length(path)
        guard end < scratchSize else { throw Refusal(ENAMETOOLONG) }
        for index in 0...end { unsafe text[index] = path[index] }
    }

    mutating func make(_ makeLast: (Int32, Path) throws(Refusal) -> Void) throws(Refusal) {
        // Whoever is in the root already may take away for ever what is made here.
        var tries = 0
        while tries < 128 {
            while unsafe text[index] == slash { index += 1 }
            if unsafe text[index] == 0 { return }
            var stop = index
            while unsafe text[stop] != 0 && text[stop] != slash { stop += 1 }
            var next = stop
            while unsafe text[next] == slash { next += 1 }
            let isLast = unsafe text[next] == 0
            // The path ends here for the moment; after an error nobody reads it any more.
            let kept = unsafe text[stop]
            unsafe text[stop] = 0
            if try exists() {
                index = stop
                unsafe text[stop] = kept
            } else if let link = try openLink() {
                defer { close(link) }
                unsafe text[stop] = kept
                try follow(link, from: stop)
            } else {
                tries += 1
                do throws(Refusal) {
                    if isLast {
                        try unsafe withParent(root, text, makeLast)
                    } else {
                        try unsafe withParent(root, text) { (parent, name) throws(Refusal) in
                            try unsafe call(__NR_mkdirat, word(parent), word(name), 0o755)
                        }
                    }
                } catch {
                    // Somebody else made it meanwhile: what counts is what the next look finds.
                    guard error.errno == EEXIST else { throw error }
                }
                unsafe text[stop] = kept
            }
        }
        throw Refusal(EAGAIN)
    }

    private func exists() throws(Refusal) -> Bool {
        do throws(Refusal) {
            unsafe close(try openInRoot(root, text, flags: O_PATH, resolve: resolve))
            return true
        } catch {
            guard error.errno == ENOENT else { throw error }
            return false
        }
    }

    /// The link that the path ends with; nil if nothing is there.
    private func openLink() throws(Refusal) -> Int32? {
        do throws(Refusal) {
            return try unsafe openInRoot(root, text, flags: O_PATH | O_NOFOLLOW)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }

    /// Puts what a link says in its place; `stop` is where the link's name ends. One that is absolute begins at the root.
    private mutating func follow(_ link: Int32, from stop: Int) throws(Refusal) {
        links += 1
        guard links <= mostLinks else { throw Refusal(ELOOP) }
        var start = stop
        while unsafe start > 0 && text[start - 1] != slash { start -= 1 }
        for index in 0..<start { unsafe spare[index] = text[index] }
        let empty: StaticString = ""
        let room = scratchSize - start
        var count: Int
        do throws(Refusal) {
            count = unsafe Int(
                try call(__NR_readlinkat, word(link), word(empty.utf8Start), word(spare + start), UInt64(room)))
        } catch {
            // No link, but what was made there meanwhile: the next look finds it.
            guard error.errno == EINVAL || error.errno == ENOENT else { throw error }
            return
        }
        guard count < room else { throw Refusal(ENAMETOOLONG) }
        if unsafe count > 0 && spare[start] == slash {
            for index in 0..<count { unsafe spare[index] = spare[start + index] }
        } else {
            count += start
        }
        var rest = stop
        while true {
            guard count < scratchSize else { throw Refusal(ENAMETOOLONG) }
            unsafe spare[count] = text[rest]
            if unsafe text[rest] == 0 { break }
            count += 1
            rest += 1
        }
        unsafe (text, spare) = unsafe (spare, text)
        index = 0
    }
}
