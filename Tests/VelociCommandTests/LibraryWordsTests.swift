import Foundation
import Testing

@testable import VelociCommand

/// A program that links the library has no command line: what it is told names none of its flags.
@Suite struct LibraryWordsTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    /// The lines of the library's modules that are no comments.
    private static func lines() throws -> [(place: String, line: Substring)] {
        var lines: [(String, Substring)] = []
        for module in ["Veloci", "ContainerPlan", "RuntimeSpec", "Cgroups", "Seccomp", "LinuxKernel", "DBus"] {
            let folder = sources.appending(path: module)
            for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path()) where path.hasSuffix(".swift") {
                let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
                for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                    lines.append(("\(module)/\(path)", line))
                }
            }
        }
        return lines
    }

    @Test func theLibraryNamesNoFlag() throws {
        let flags = Set((Subcommands.all().flatMap(\.flags) + GlobalOptions.flags).map { "--" + $0.name })
        #expect(flags.contains("--systemd-cgroup") && flags.contains("--force"))
        let lines = try Self.lines()
        #expect(lines.count > 5000)
        for (place, line) in lines {
            // Other programs have flags as well: systemd-run, usermod.
            let words = line.split { !($0.isLetter || $0 == "-") }.map(String.init)
            let named = words.filter { flags.contains($0) && !["--user", "--scope"].contains($0) }
            #expect(named.isEmpty, "\(place): \(named)")
        }
    }

    @Test func whatIsReplacedIsSaid() throws {
        let lines = try Self.lines().map(\.line)
        for (words, flag) in LibraryWords.flags {
            #expect(lines.contains { $0.contains(words) }, "\(words)")
            #expect(LibraryWords.flagged("Do: \(words) now.") == "Do: \(flag) now.")
        }
        #expect(LibraryWords.flagged("") == "" && LibraryWords.flagged("do without") == "do without")
    }
}
