import Foundation

// Usage: StageEmbedder SWIFTC PACKAGE FOLDER NAME OUTPUT
// Compiles and links what lies in a folder of the package, the stage or the conformance suite's probe, with flags of its own, and
// writes it as a Swift source: an enumeration NAME.

let arguments = CommandLine.arguments
guard arguments.count == 6 else {
    FileHandle.standardError.write(Data("usage: StageEmbedder SWIFTC PACKAGE FOLDER NAME OUTPUT\n".utf8))
    exit(2)
}
do {
    let output = URL(fileURLWithPath: arguments[5])
    let work = output.deletingLastPathComponent().appending(path: "stage")
    let build = StageBuild(
        swiftc: URL(fileURLWithPath: arguments[1]), package: URL(fileURLWithPath: arguments[2]), folder: arguments[3], work: work)
    var images: [(condition: String, image: ElfImage)] = []
    for architecture in Architecture.possible {
        images.append((architecture.condition, ElfImage(try build.program(for: architecture))))
    }
    try Data(ElfImage.source(images, name: arguments[4]).utf8).write(to: output)
} catch {
    FileHandle.standardError.write(Data("StageEmbedder: \(error)\n".utf8))
    exit(1)
}
