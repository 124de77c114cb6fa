import Foundation
import RuntimeSpec
import Testing

/// One line of `spec-fixtures/index.json`.
struct Fixture: Sendable, CustomTestStringConvertible {
    let file: String
    let document: String
    let isAccepted: Bool
    let isLossless: Bool
    let diagnostics: [JSONValue]

    var testDescription: String { file }

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("spec-fixtures")

    /// All fixtures, in the order of the index. Empty if the index cannot be read, which a test notices.
    static let all: [Fixture] = {
        guard let data = try? Data(contentsOf: folder.appendingPathComponent("index.json")),
            let index = try? JSONValue.decode([UInt8](data))
        else { return [] }
        return (index.array ?? []).compactMap(\.object).map { entry in
            Fixture(
                file: entry["file"]?.string ?? "", document: entry["document"]?.string ?? "",
                isAccepted: entry["verdict"]?.string == "accepted", isLossless: entry["lossless"]?.bool ?? true,
                diagnostics: entry["diagnostics"]?.array ?? [])
        }
    }()

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: Fixture.folder.appendingPathComponent(file))) }

    /// What reading and validating the document finds.
    static func check(_ bytes: [UInt8], as document: String) -> [Diagnostic] {
        switch document {
        case "config": Spec.check(bytes).diagnostics
        case "state": State.check(bytes).diagnostics
        case "features": Features.check(bytes).diagnostics
        case "process-state": ContainerProcessState.check(bytes).diagnostics
        default: [Diagnostic(severity: .must, path: JSONPath(), message: "unknown document \(document)", section: "")]
        }
    }

    /// The text after reading and writing; nil if it cannot be read.
    static func rewritten(_ bytes: [UInt8], as document: String, _ layout: JSONLayout) -> [UInt8]? {
        switch document {
        case "config": try? Spec.decode(bytes).encoded(layout)
        case "state": try? State.decode(bytes).encoded(layout)
        case "features": try? Features.decode(bytes).encoded(layout)
        case "process-state": try? ContainerProcessState.decode(bytes).encoded(layout)
        default: nil
        }
    }
}

extension Diagnostic {
    /// As the index writes it.
    var json: JSONValue {
        var members: JSONMembers = [
            "level": .string(severity.rawValue), "path": .string(path.description), "pointer": .string(path.pointer), "message": .string(message),
            "section": .string(section),
        ]
        if let line, let column {
            members["line"] = .number(JSONNumber(line))
            members["column"] = .number(JSONNumber(column))
        }
        return .object(members)
    }
}

extension JSONPath {
    /// The same place as a JSON pointer (RFC 6901).
    var pointer: String {
        components.map { component in
            switch component {
            case .member(let name): "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
            case .index(let index): "/\(index)"
            }
        }.joined()
    }
}

extension JSONValue {
    /// The same document with all members sorted by name, to compare without regard to order.
    var sorted: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.sorted))
        case .object(let object):
            var members = JSONMembers()
            for member in object.members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                members[member.name] = member.value.sorted
            }
            return .object(members)
        default: return self
        }
    }
}
