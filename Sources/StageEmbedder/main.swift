import Foundation

// Usage: StageEmbedder SWIFTC PACKAGE OUTPUT
// Compiles and links the stage of the package with flags of its own, and writes it as a Swift source.

let arguments = CommandLine.arguments
guard arguments.count == 4 else {
    FileHandle.standardError.write(Data("usage: StageEmbedder SWIFTC PACKAGE OUTPUT\n".utf8))
    exit(2)
}
do {
    let output = URL(fileURLWithPath: arguments[3])
    let work = output.deletingLastPathComponent().appending(path: "stage")
    let build = StageBuild(swiftc: URL(fileURLWithPath: arguments[1]), package: URL(fileURLWithPath: arguments[2]), work: work)
    var images: [(condition: String, image: ElfImage)] = []
    for architecture in Architecture.possible {
        images.append((architecture.condition, ElfImage(try build.program(for: architecture))))
    }
    try Data(ElfImage.source(images).utf8).write(to: output)
} catch {
    FileHandle.standardError.write(Data("StageEmbedder: \(error)\n".utf8))
    exit(1)
}
