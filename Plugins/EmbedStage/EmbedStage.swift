import PackagePlugin

/// Turns the linked stage into a Swift source, so that the library carries it and no file has to be found at run time.
@main
struct EmbedStage: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let stage = try context.tool(named: "Stage").url
        let output = context.pluginWorkDirectoryURL.appending(path: "StageImage.swift")
        return [
            .buildCommand(
                displayName: "Embedding the stage",
                executable: try context.tool(named: "StageEmbedder").url,
                arguments: [stage.path, output.path],
                inputFiles: [stage],
                outputFiles: [output])
        ]
    }
}
