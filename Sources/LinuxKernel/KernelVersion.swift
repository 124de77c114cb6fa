internal import ByteText
internal import CLinux

/// The version of the running kernel.
public struct KernelVersion: Comparable, Sendable, CustomStringConvertible {
    /// The first number.
    public var major: Int
    /// The second number.
    public var minor: Int

    /// A version, such as 5.14.
    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads a release such as `6.12.48-cloud-amd64`. Nil if it does not begin with two numbers.
    public init?(release: String) {
        let parts = release.parts(at: ".", most: 3)
        guard parts.count >= 2, let major = Int(parts[0]),
            let minor = Int(String(decoding: parts[1].utf8.prefix { $0.isDigit }, as: UTF8.self))
        else { return nil }
        self.init(major, minor)
    }

    /// Asks the kernel (uname(2)). Nil if it answers in a form of its own.
    public static var running: KernelVersion? {
        unsafe withUnsafeTemporaryAllocation(byteCount: 6 * 65, alignment: 8) { buffer in
            guard unsafe linux_system_call(Int64(__NR_uname), UInt64(address: buffer.baseAddress), 0, 0, 0, 0, 0) == 0
            else { return nil }
            return unsafe KernelVersion(release: String(decoding: buffer[130..<195].prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public var description: String { "\(major).\(minor)" }
}
