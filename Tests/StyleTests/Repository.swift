import Foundation

/// The files of this repository, as text.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
    }

    /// Every file below the folders, by path from the root, without what tools make.
    static func files(_ folders: [String]) -> [String] {
        folders.flatMap { folder in
            let url = root.appendingPathComponent(folder)
            let names = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []
            return names.filter { !$0.contains(".build/") && !$0.hasPrefix(".") }.map { folder + "/" + $0 }
        }.sorted()
    }

    /// Every Swift file of the package.
    static let swift: [SwiftFile] = files(["Sources", "Plugins", "conformance", "Tests", "Examples"])
        .filter { $0.hasSuffix(".swift") }.map { SwiftFile(path: $0, text: text($0)) }

    /// Those of the products: no tests, no examples.
    static let sources = swift.filter { !$0.path.hasPrefix("Tests/") && !$0.path.hasPrefix("Examples/") }
}

/// A Swift file, with and without what is not code.
struct SwiftFile: Sendable {
    let path: String
    /// As it is written.
    let lines: [String]
    /// With comments and the contents of text literals replaced by spaces; the same number of lines.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.components(separatedBy: "\n")
        code = SwiftFile.blanked(text).components(separatedBy: "\n")
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    /// The names of the modules that the file imports.
    var imports: [String] {
        code.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                words[..<position].allSatisfy({
                    ["public", "package", "internal", "fileprivate", "private", "@testable", "@_exported"].contains($0)
                })
            else { return nil }
            let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let isScoped = kinds.contains(words[position + 1]) && position + 2 < words.count
            let name = words[position + (isScoped ? 2 : 1)]
            return String(name.prefix { $0 != "." })
        }
    }

    /// The lines, counted from 0, on which cases of public enumerations are declared. An enumeration on one line counts as a case
    /// without documentation.
    var publicCases: [Int] {
        var found: [Int] = []
        var depth = 0
        // For each enumeration that is open: how deep its body is, and whether it is public.
        var open: [(depth: Int, isPublic: Bool)] = []
        for (index, line) in code.enumerated() {
            let text = line.trimmingCharacters(in: .whitespaces)
            let isCase = text.firstMatch(of: /^(indirect )?case\b/) != nil
            if isCase, let last = open.last, last.depth == depth, last.isPublic { found.append(index) }
            if text.firstMatch(of: /\benum \w+/) != nil {
                let isPublic = text.firstMatch(of: /\bpublic (indirect )?enum\b/) != nil
                open.append((depth + 1, isPublic))
                if isPublic, text.firstMatch(of: /\{\s*(indirect )?case\b/) != nil { found.append(index) }
            }
            for character in line {
                if character == "{" { depth += 1 }
                if character == "}" { depth -= 1 }
            }
            while let last = open.last, depth < last.depth { open.removeLast() }
        }
        return found
    }

    /// The functions, initialisers and accessors with a body: where each begins, and how many lines it has.
    var functions: [(line: Int, length: Int, name: String)] {
        var found: [(line: Int, length: Int, name: String)] = []
        for (index, line) in code.enumerated() {
            guard let match = line.firstMatch(of: /\b(?:func\s+(\S+?)[(<]|(init)[?!]?[(<])/), !line.contains("self.init("),
                !line.contains("super.init("), !line.contains(".init(")
            else { continue }
            guard let end = endOfBody(from: index) else { continue }
            found.append((index + 1, end - index + 1, String(match.output.1 ?? match.output.2 ?? "")))
        }
        return found
    }

    /// The line on which the body that begins at or after a line ends; nil for a declaration without a body.
    private func endOfBody(from start: Int) -> Int? {
        var braces = 0
        var parentheses = 0
        for index in start..<code.count {
            for character in code[index] {
                switch character {
                case "(": parentheses += 1
                case ")": parentheses -= 1
                case "{" where parentheses == 0 || braces > 0: braces += 1
                case "}" where parentheses == 0 || braces > 0:
                    braces -= 1
                    if braces == 0 { return index }
                    if braces < 0 { return nil }
                default: break
                }
            }
            // A requirement of a protocol: the declaration is complete and no body has begun.
            let isOpen = parentheses > 0 || braces > 0
            if !isOpen, index + 1 < code.count {
                let next = code[index + 1].trimmingCharacters(in: .whitespaces)
                let continues = next.hasPrefix(")") || next.hasPrefix("->") || next.hasPrefix("{") || next.hasPrefix("where")
                if !continues { return nil }
            }
        }
        return nil
    }
}

extension SwiftFile {
    /// Replaces comments and literals by spaces. Knows `//`, nested `/* */`, `"…"`, `"""…"""` and their raw forms.
    static func blanked(_ text: String) -> String {
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        func starts(_ word: String) -> Bool { bytes[index...].starts(with: word.utf8) }
        func blank(to end: Int) {
            while index < end && index < bytes.count {
                result.append(bytes[index] == 10 ? 10 : 32)
                index += 1
            }
        }
        // Most bytes are none that anything begins with.
        let beginnings: Set<UInt8> = [34, 35, 47]
        while index < bytes.count {
            guard beginnings.contains(bytes[index]) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if starts("//") {
                blank(to: bytes[index...].firstIndex(of: 10) ?? bytes.count)
            } else if starts("/*") {
                var depth = 0
                repeat {
                    if starts("/*") { depth += 1 } else if starts("*/") { depth -= 1 }
                    blank(to: index + (starts("/*") || starts("*/") ? 2 : 1))
                } while depth > 0 && index < bytes.count
            } else if let end = endOfLiteral(bytes, index) {
                result += [34, 34]
                index += 2
                if end > index { blank(to: end) }
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Where a text literal that begins here ends; nil if none begins.
    private static func endOfLiteral(_ bytes: [UInt8], _ start: Int) -> Int? {
        var index = start
        while index < bytes.count, bytes[index] == 35 { index += 1 }
        let hashes = index - start
        guard index < bytes.count, bytes[index] == 34 else { return nil }
        let isLong = bytes[index...].starts(with: [34, 34, 34])
        let end = [UInt8](repeating: 34, count: isLong ? 3 : 1) + [UInt8](repeating: 35, count: hashes)
        let escape = [92] + [UInt8](repeating: 35, count: hashes)
        index += isLong ? 3 : 1
        while index < bytes.count {
            if bytes[index...].starts(with: end) { return index + end.count }
            guard bytes[index...].starts(with: escape) else {
                index += 1
                continue
            }
            index += escape.count
            // An interpolation is skipped to its end; literals inside are literals.
            guard index < bytes.count, bytes[index] == 40 else {
                index += 1
                continue
            }
            var depth = 0
            repeat {
                if let inner = endOfLiteral(bytes, index) {
                    index = inner
                    continue
                }
                if bytes[index] == 40 { depth += 1 } else if bytes[index] == 41 { depth -= 1 }
                index += 1
            } while depth > 0 && index < bytes.count
        }
        return bytes.count
    }
}
