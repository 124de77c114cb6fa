import Foundation
import Testing

@testable import VelociCommand

/// What the library says to do is said in the words of the command line.
@Suite struct LibraryWordsTests {
    /// Each line of the table is about words that the library has, and no other line's.
    @Test(arguments: LibraryWords.table.map(\.library)) func areTheLibrarys(words: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folders = ["Veloci", "ContainerPlan", "Cgroups"].map { root.appending(path: "Sources/\($0)") }
        let isSaid = folders.contains { folder in
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            return files?.contains { file in
                guard let file = file as? URL, file.pathExtension == "swift" else { return false }
                return (try? String(contentsOf: file, encoding: .utf8))?.contains(words) == true
            } == true
        }
        #expect(isSaid, "the library does not say \(words)")
    }

    @Test(arguments: [
        ("kill it first or delete it by force", "kill it first or use --force"),
        ("cannot exec in a paused container (ignore the pause to override)", "cannot exec in a paused container (use --ignore-paused to override)"),
        ("something else", "something else"),
    ])
    func translation(library: String, command: String) {
        #expect(LibraryWords.translated(library) == command)
    }
}
