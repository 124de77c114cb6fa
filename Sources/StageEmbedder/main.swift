import Foundation

// Usage: StageEmbedder <stage executable> <Swift source to write>
let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    FileHandle.standardError.write(Data("usage: StageEmbedder <stage executable> <Swift source>\n".utf8))
    exit(2)
}
var image = [UInt8](try Data(contentsOf: URL(fileURLWithPath: arguments[1])))

// Only what the kernel loads is kept: sections (names, comments, the compiler's own notes) follow the last segment.
@MainActor func field(_ offset: Int, _ size: Int) -> Int {
    image[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
}
let (programHeaders, entrySize, entryCount) = (field(32, 8), field(54, 2), field(56, 2))
var end = programHeaders + entrySize * entryCount
for header in (0..<entryCount).map({ programHeaders + $0 * entrySize }) where field(header, 4) == 1 {
    end = max(end, field(header + 8, 8) + field(header + 32, 8))
}
image.removeSubrange(end...)
for offset in Array(40..<48) + Array(58..<64) { image[offset] = 0 }  // e_shoff, e_shentsize, e_shnum, e_shstrndx

var source = """
    // Generated from the linked stage by StageEmbedder.
    package enum StageImage {
        /// The size of the stage's ELF file in bytes.
        package static let size = \(image.count)
        /// The file itself in little-endian words, the last one padded with zeros.
        package static let words: [UInt64] = [

    """
for start in stride(from: 0, to: image.count, by: 8) {
    var word: UInt64 = 0
    for (shift, byte) in image[start..<min(start + 8, image.count)].enumerated() {
        word |= UInt64(byte) << UInt64(8 * shift)
    }
    source += "        0x\(String(word, radix: 16)),\n"
}
source += "    ]\n}\n"
try Data(source.utf8).write(to: URL(fileURLWithPath: arguments[2]))
