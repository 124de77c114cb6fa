import Foundation

/// Compiles and links the stage, or the probe, which is made alike: no libc, no Swift runtime, no allocator. Whatever would
/// allocate does not link.
///
/// Not as a product of the package: flags of a build that are meant for programs, such as those of coverage, sanitizers and
/// static linking, would come to it as well.
struct StageBuild {
    let swiftc: URL
    let package: URL
    /// Where the Swift files are, from the package's folder.
    let folder: String
    let work: URL

    private static let modules = ["CLinux", "CStageWire", "CStageEntry"]
    private static let optionsOfC = [
        "-ffreestanding", "-fno-stack-protector", "-fno-builtin", "-fno-pic", "-Os", "-ffunction-sections", "-std=gnu23",
    ]

    private var tools: URL { swiftc.resolvingSymlinksInPath().deletingLastPathComponent() }

    /// The linked program.
    func program(for architecture: Architecture) throws -> [UInt8] {
        try? FileManager.default.removeItem(at: work)
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let includes = try self.includes(architecture)
        var objects: [String] = []
        for source in try files("Sources/CStageEntry", ".c") {
            let object = path(source.lastPathComponent + ".o")
            try run(
                tools.appending(path: "clang"),
                ["--target=\(architecture.clangTarget)"] + Self.optionsOfC + includes + ["-c", source.path, "-o", object])
            objects.append(object)
        }
        let stage = path("Stage.o")
        try run(
            swiftc,
            [
                "-target", architecture.swiftTarget, "-module-name", "Stage", "-swift-version", "6", "-wmo", "-Osize",
                "-parse-as-library", "-enable-experimental-feature", "Embedded", "-Xfrontend", "-disable-stack-protector",
                "-Xfrontend", "-function-sections", "-Xcc", "-ffreestanding", "-Xcc", "-fno-pic", "-Xcc", "-D__linux__",
                "-module-cache-path", path("modules"),
            ] + includes.flatMap { ["-Xcc", $0] } + (try moduleMaps()) + (try files(folder, ".swift")).map(\.path)
                + ["-c", "-o", stage])
        let program = path("Stage")
        try run(
            tools.appending(path: "ld.lld"),
            [
                "-m", architecture.emulation, "-static", "--gc-sections", "-s", "--build-id=none",
                "-T", package.appending(path: "Sources/discarded.ld").path, "-o", program, stage,
            ] + objects)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: program)))
    }

    private func path(_ name: String) -> String { work.appending(path: name).path }

    private func files(_ folder: String, _ suffix: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: package.appending(path: folder), includingPropertiesForKeys: nil
        ).filter { $0.lastPathComponent.hasSuffix(suffix) }.sorted { $0.path < $1.path }
    }

    private func includes(_ architecture: Architecture) throws -> [String] {
        var options = Self.modules.flatMap { ["-I", package.appending(path: "Sources/\($0)/include").path] }
        if let headers = architecture.headers {
            // The compiler's own headers and the kernel's of that machine; none of this one's.
            let own = try run(tools.appending(path: "clang"), ["-print-resource-dir"])
                .trimmingCharacters(in: .whitespacesAndNewlines)
            options += ["-nostdinc", "-isystem", own + "/include", "-isystem", headers]
        }
        return options
    }

    /// What SwiftPM makes for C targets whose headers lie in include/.
    private func moduleMaps() throws -> [String] {
        try Self.modules.flatMap { name in
            let header = package.appending(path: "Sources/\(name)/include/\(name).h").path
            let map = work.appending(path: name + ".modulemap")
            try Data("module \(name) { umbrella header \"\(header)\" export * }\n".utf8).write(to: map)
            return ["-Xcc", "-fmodule-map-file=\(map.path)"]
        }
    }

    /// Runs a tool to its end.
    /// - Returns: what it wrote to its standard output.
    @discardableResult
    private func run(_ tool: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = tool
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BuildError(description: "\(tool.lastPathComponent) failed: \(([tool.path] + arguments).joined(separator: " "))")
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A tool that failed; what it said is on the standard error already.
struct BuildError: Error, CustomStringConvertible {
    let description: String
}
