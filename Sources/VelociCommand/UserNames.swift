internal import ByteText
internal import LinuxKernel

/// Names of users, from /etc/passwd alone: the C library's lookup loads plugins, which a static program cannot.
enum UserNames {
    /// The user's name, or the id behind `#` when it has none.
    static func name(_ id: UInt32) -> String {
        if id == 0 { return "root" }
        return name(id, in: (try? Files.readText("/etc/passwd")) ?? "") ?? "#\(id)"
    }

    static func name(_ id: UInt32, in passwd: String) -> String? {
        for line in passwd.lines {
            let fields = line.parts(at: ":", keepsEmpty: true)
            if fields.count > 2, UInt32(fields[2]) == id { return fields[0] }
        }
        return nil
    }
}
