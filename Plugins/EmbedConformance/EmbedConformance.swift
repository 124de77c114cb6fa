import Foundation
import PackagePlugin

/// Compiles the probe, and turns it and the tables in conformance/data into Swift sources, so that the tool is one file.
@main
struct EmbedConformance: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let package = context.package.directoryURL
        func files(_ folder: String, _ suffixes: [String]) throws -> [URL] {
            try FileManager.default.contentsOfDirectory(at: package.appending(path: folder), includingPropertiesForKeys: nil)
                .filter { suffixes.contains($0.pathExtension) }.sorted { $0.path < $1.path }
        }
        let compiler = try context.tool(named: "swiftc").url
        let probe = context.pluginWorkDirectoryURL.appending(path: "ProbeImage.swift")
        let folders = ["conformance/Probe"] + ["CStageEntry", "CStageEntry/include", "CLinux/include"].map { "Sources/\($0)" }
        let tables = try files("conformance/data", ["tsv", "html"])
        let embedded = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
        return [
            .buildCommand(
                displayName: "Compiling and embedding the probe",
                executable: try context.tool(named: "StageEmbedder").url,
                arguments: [compiler.path, package.path, "conformance/Probe", "ProbeImage", probe.path],
                inputFiles: try folders.flatMap { try files($0, ["swift", "c", "h"]) },
                outputFiles: [probe]),
            .buildCommand(
                displayName: "Embedding the tables",
                executable: try context.tool(named: "conformance-embedder").url,
                arguments: [embedded.path] + tables.map(\.path),
                inputFiles: tables,
                outputFiles: [embedded]),
        ]
    }
}
