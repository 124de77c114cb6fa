internal import ByteText
internal import LinuxKernel

/// Names of users, from /etc/passwd alone: the C library's lookup loads plugins, which a static program cannot.
struct UserNames {
    /// The one that was asked last: most containers of one root are of one user.
    private var last: (id: UInt32, name: String) = (0, "root")

    /// The user's name, or the id behind `#` when it has none.
    mutating func name(_ id: UInt32) -> String {
        if id != last.id { last = (id, Self.name(id, in: (try? Files.readText("/etc/passwd")) ?? "") ?? "#\(id)") }
        return last.name
    }

    static func name(_ id: UInt32, in passwd: String) -> String? {
        for line in passwd.lines {
            let fields = line.parts(at: ":", keepsEmpty: true)
            if fields.count > 2, UInt32(fields[2]) == id { return fields[0] }
        }
        return nil
    }
}
