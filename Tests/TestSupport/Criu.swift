import Foundation

/// CRIU, which tests of checkpoints need.
public enum Criu {
    /// Whether it is in PATH and knows this kernel.
    public static let isContent: Bool = {
        let check = Process()
        check.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        check.arguments = ["criu", "check"]
        check.standardInput = FileHandle.nullDevice
        check.standardOutput = FileHandle.nullDevice
        check.standardError = FileHandle.nullDevice
        guard (try? check.run()) != nil else { return false }
        check.waitUntilExit()
        return check.terminationStatus == 0
    }()

    /// Why a test is skipped.
    public static let reason = "criu is not in PATH, or criu check is not content"
}
