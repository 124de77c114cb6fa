/// A place in a JSON document, printed as `mounts[3].source`.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
    /// One step from a value to a value inside it.
    public enum Component: Hashable, Sendable {
        /// Into an object, by name.
        case member(String)
        /// Into an array, counted from 0.
        case index(Int)
    }

    /// The steps from the document's top.
    public var components: [Component]

    /// Makes a path; without components it is the whole document.
    public init(_ components: [Component] = []) { self.components = components }

    /// The path of a member of the object at this path.
    public func member(_ name: String) -> JSONPath { adding(.member(name)) }

    /// The path of an element of the array at this path.
    public func index(_ index: Int) -> JSONPath { adding(.index(index)) }

    /// Every step of a plan has a path: one piece of memory for each, and not two.
    private func adding(_ component: Component) -> JSONPath {
        var path = self
        path.components.append(component)
        return path
    }

    /// The steps as text. A name that is no plain word is written as `["name"]`; the whole document is empty text.
    public var description: String {
        var text = ""
        for component in components {
            switch component {
            case .index(let index): text += "[\(index)]"
            case .member(let name) where JSONPath.isPlain(name): text += text.isEmpty ? name : ".\(name)"
            case .member(let name): text += "[\(JSONWriter.quoted(name))]"
            }
        }
        return text
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
