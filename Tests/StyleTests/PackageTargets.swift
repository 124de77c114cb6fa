import Foundation

/// A target as Package.swift declares it.
struct PackageTarget: Sendable {
    let name: String
    let kind: String
    let path: String
    let dependencies: [String]

    /// All targets, in the order of the manifest.
    static let all: [PackageTarget] = {
        let manifest = Repository.text("Package.swift")
        let declaration = /\.(target|executableTarget|testTarget|systemLibrary|plugin)\(/
        return manifest.matches(of: declaration).compactMap { match -> PackageTarget? in
            let body = balanced(manifest[match.range.upperBound...])
            guard let name = body.firstMatch(of: /name:\s*"([^"]+)"/).map({ String($0.output.1) }) else { return nil }
            let kind = String(match.output.1)
            let folder = kind == "testTarget" ? "Tests/" : kind == "plugin" ? "Plugins/" : "Sources/"
            let path = body.firstMatch(of: /path:\s*"([^"]+)"/).map { String($0.output.1) } ?? folder + name
            let list = body.firstMatch(of: /dependencies:\s*\[([^\]]*)\]/).map { $0.output.1 } ?? ""
            let dependencies = list.matches(of: /"([^"]+)"/).map { String($0.output.1) }
            return PackageTarget(name: name, kind: kind, path: path, dependencies: dependencies)
        }
    }()

    /// The text up to the parenthesis that closes what was opened before it.
    private static func balanced(_ text: Substring) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 } else if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }

    var files: [SwiftFile] {
        let nested = PackageTarget.all.filter { $0.path != path && $0.path.hasPrefix(path + "/") }
        return Repository.swift.filter { file in
            file.path.hasPrefix(path + "/") && !nested.contains { file.path.hasPrefix($0.path + "/") }
        }
    }
}
