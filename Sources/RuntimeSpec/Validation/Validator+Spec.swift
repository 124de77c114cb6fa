// The top of the configuration: version, root, host names, annotations, hooks.

extension Validator {
    mutating func spec(_ spec: Spec) {
        namespaces = couldNotRead("namespaces") ? .unknown : NamespaceSummary(spec.linux?.namespaces)
        version(spec.ociVersion)
        root(spec.root)
        mounts(spec)
        section = "config.md#process"
        member("process") {
            guard let process = spec.process else {
                return $0.must("is missing; it is required to start the container", moment: .start)
            }
            $0.process(process, linux: spec.linux)
        }
        hostNames(spec)
        hooks(spec.hooks)
        annotations(spec.annotations)
        section = "config.md#platform-specific-configuration"
        member("linux") { $0.linux(spec) }
    }

    mutating func version(
        _ text: String, name: String = "ociVersion", section: StaticString = "config.md#specification-version"
    ) {
        self.section = section
        member(name) {
            if text.isEmpty { return $0.must("is missing or empty; a version such as 1.3.0 is required") }
            guard let version = SemanticVersion(text) else {
                return $0.must("\($0.quoted(text)) is no version of SemVer 2.0.0; one such as 1.3.0 is required")
            }
            if version.major != 1 {
                $0.must("\($0.quoted(text)) is not supported; versions from 1.0.0 to before 2.0.0 are")
            } else if version.minor > 3 {
                $0.should("\($0.quoted(text)) is newer than 1.3; what it adds is ignored")
            }
        }
    }

    private mutating func root(_ root: Root?) {
        section = "config.md#root"
        member("root") {
            guard let root else { return $0.must("is missing; it is required on Linux") }
            $0.member("path") {
                $0.path(root.path)
                if root.path.utf8.first == UInt8(ascii: "/"), LexicalPath.isRoot(root.path) {
                    $0.should("is the root of the host; a directory below it is expected")
                }
            }
        }
    }

    private mutating func hostNames(_ spec: Spec) {
        section = "config.md#hostname"
        hostName("hostname", spec.hostname)
        section = "config.md#domainname"
        hostName("domainname", spec.domainname)
    }

    private mutating func hostName(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        member(name) {
            if !$0.namespaces.has(.uts) { $0.must("needs a namespace of type uts; linux.namespaces has none") }
            // KERNEL: __NEW_UTS_LEN
            let length = value.utf8.count
            if length > 64 { $0.must("is \(length) bytes long; the kernel takes at most 64") }
        }
    }

    mutating func annotations(_ annotations: [String: String]?) {
        section = "config.md#annotations"
        if annotations?.contains(where: { $0.key.isEmpty }) == true {
            member("annotations") { $0.member("") { $0.must("is an empty name; annotations must have names") } }
        }
    }

    private mutating func hooks(_ hooks: Hooks?) {
        section = "config.md#posix-platform-hooks"
        guard let hooks else { return }
        member("hooks") {
            for kind in HookKind.allCases {
                let list = hooks.hooks(kind)
                if kind == .prestart, !list.isEmpty {
                    $0.member(kind.rawValue) {
                        $0.should("is deprecated; createRuntime, createContainer or startContainer is expected")
                    }
                }
                $0.elements(kind.rawValue, list) { $0.hook($1) }
            }
        }
    }

    private mutating func hook(_ hook: Hook) {
        member("path") { $0.absolutePath(hook.path) }
        environment(hook.env)
        member("timeout", hook.timeout) {
            if $1 <= 0 { $0.must("\($1) is out of range; more than 0 seconds are allowed") }
        }
    }

    /// What programs expect of an environment; the kernel takes anything.
    mutating func environment(_ variables: [String]?) {
        guard let variables else { return }
        var names = VariableNames(variables)
        var index = 0
        elements("env", variables) { validator, variable in
            defer { index += 1 }
            switch names.insert(index) {
            case .new: break
            case .again(let name): validator.should("sets \(validator.quoted(name)) again; the last value counts")
            case .noName: validator.should("\(validator.quoted(variable)) has no name; NAME=value is expected")
            case .noSign: validator.should("\(validator.quoted(variable)) has no equals sign; NAME=value is expected")
            }
            validator.longArgument(variable)
        }
    }

    /// KERNEL: MAX_ARG_STRLEN is 32 pages; pages have 4 to 64 KiB.
    mutating func longArgument(_ text: String) {
        let length = text.utf8.count
        if length >= 32 << 16 {
            must("is \(length) bytes long; the kernel takes at most \(32 << 16 - 1)")
        } else if length >= 32 << 12 {
            should("is \(length) bytes long; with pages of 4 KiB the kernel takes at most \(32 << 12 - 1)")
        }
    }
}

/// Paths as text, without looking at a filesystem.
package enum LexicalPath {
    /// Whether a path, taken from the root, leads to the root when links are left out of account.
    package static func isRoot(_ path: String) -> Bool {
        var depth = 0
        parts(path) { length, isDots in
            if !isDots { depth += 1 } else if length == 2 { depth = max(0, depth - 1) }
        }
        return depth == 0
    }

    /// Whether one of the path's parts is `..`.
    static func goesUp(_ path: String) -> Bool {
        var found = false
        parts(path) { length, isDots in found = found || (isDots && length == 2) }
        return found
    }

    /// Shows the length of each part, and whether it is one or two dots. Splitting the text would cost much more.
    private static func parts(_ path: String, _ body: (_ length: Int, _ isDots: Bool) -> Void) {
        var path = path
        path.withUTF8 { bytes in
            var (length, dots) = (0, 0)
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                if byte == UInt8(ascii: "/") {
                    if length > 0 { body(length, dots == length && length <= 2) }
                    (length, dots) = (0, 0)
                } else {
                    length += 1
                    if byte == UInt8(ascii: ".") { dots += 1 }
                }
            }
            if length > 0 { body(length, dots == length && length <= 2) }
        }
    }
}

/// The names in an environment, to find those that are set again.
private struct VariableNames {
    enum Outcome {
        case new, noName, noSign
        case again(String)
    }

    /// Places by hash of the name, an open table of a power of two; 0 is free, others are one more than an index.
    private var table: [Int32]
    private var variables: [String]

    init(_ variables: [String]) {
        self.variables = variables
        var size = 8
        while size < variables.count * 2 { size *= 2 }
        table = [Int32](repeating: 0, count: size)
    }

    mutating func insert(_ index: Int) -> Outcome {
        let variable = variables[index].utf8
        guard let sign = variable.firstIndex(of: UInt8(ascii: "=")) else { return .noSign }
        let name = variable[..<sign]
        if name.isEmpty { return .noName }
        // Seeded in each process, so that nobody can craft an environment that takes quadratic time.
        var hasher = Hasher()
        let isContiguous: Void? = unsafe name.withContiguousStorageIfAvailable {
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isContiguous == nil { for byte in name { hasher.combine(byte) } }
        var place = hasher.finalize() & (table.count - 1)
        while table[place] != 0 {
            let other = variables[Int(table[place]) - 1].utf8
            if other.starts(with: variable[...sign]) { return .again(String(name) ?? "") }
            place = (place + 1) & (table.count - 1)
        }
        table[place] = Int32(truncatingIfNeeded: index + 1)
        return .new
    }
}
