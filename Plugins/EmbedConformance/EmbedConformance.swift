import Foundation
import PackagePlugin

/// Turns the linked probe and the tables in conformance/data into a Swift source, so that the tool is one file.
@main
struct EmbedConformance: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let probe = try context.tool(named: "oci-probe").url
        let output = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
        let data = context.package.directoryURL.appending(path: "conformance/data")
        let tables = try FileManager.default.contentsOfDirectory(at: data, includingPropertiesForKeys: nil)
            .filter { ["tsv", "html"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
        return [
            .buildCommand(
                displayName: "Embedding the probe and the tables",
                executable: try context.tool(named: "conformance-embedder").url,
                arguments: [output.path, probe.path] + tables.map(\.path),
                inputFiles: [probe] + tables,
                outputFiles: [output])
        ]
    }
}
