import Foundation
import PackagePlugin

/// Compiles the stage and turns it into a Swift source, so that the library carries it and no file has to be found at run time.
@main
struct EmbedStage: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let package = context.package.directoryURL
        let compiler = try context.tool(named: "swiftc").url
        let output = context.pluginWorkDirectoryURL.appending(path: "StageImage.swift")
        let folders = ["Stage", "CStageEntry", "CStageEntry/include", "CStageWire/include", "CLinux/include"]
        let sources = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(
                at: package.appending(path: "Sources/\(folder)"), includingPropertiesForKeys: nil
            ).filter { ["swift", "c", "h"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
        }
        return [
            .buildCommand(
                displayName: "Compiling and embedding the stage",
                executable: try context.tool(named: "StageEmbedder").url,
                arguments: [compiler.path, package.path, "Sources/Stage", "StageImage", output.path],
                inputFiles: sources,
                outputFiles: [output])
        ]
    }
}
