import Foundation
import Glibc
import Testing

@testable import Veloci

/// The file that tells callers the pid, and what of the caller's it must leave alone.
@Suite struct PidFileTests {
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "/veloci-pid-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func text(_ name: String) -> String? { try? String(contentsOfFile: directory + "/" + name, encoding: .utf8) }
    private var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() }

    @Test func isWrittenAndTakenBack() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let earlier = try PidFile.write(12, to: directory + "/pid")
        #expect(text("pid") == "12" && names == ["pid"])
        PidFile.remove(directory + "/pid", earlier)
        #expect(names.isEmpty)
    }

    /// What was there before, and what is called like the file was while it was being made.
    @Test func othersFilesStay() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "mine".write(toFile: directory + "/pid", atomically: false, encoding: .utf8)
        try "mine too".write(toFile: directory + "/.pid", atomically: false, encoding: .utf8)
        let earlier = try PidFile.write(12, to: directory + "/pid")
        #expect(text("pid") == "12" && text(".pid") == "mine too" && names == [".pid", "pid"])
        PidFile.remove(directory + "/pid", earlier)
        #expect(text("pid") == "mine" && text(".pid") == "mine too" && names == [".pid", "pid"])
    }

    /// Below the working directory, and a link in its place, which is replaced and not followed.
    @Test func linksAreNotFollowed() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "victim".write(toFile: directory + "/victim", atomically: false, encoding: .utf8)
        symlink(directory + "/victim", directory + "/pid")
        _ = try PidFile.write(12, to: directory + "/pid")
        #expect(text("victim") == "victim" && text("pid") == "12")
    }
}
