@testable import RuntimeSpec

/// The paths of all properties that the types know, found by asking the types, such as `config.mounts[].source`.
enum PropertyNames {
    static let all: Set<String> = {
        var lister = Lister()
        lister.list(Spec.self, "config")
        lister.list(State.self, "state")
        lister.list(Features.self, "features")
        lister.list(ContainerProcessState.self, "process-state")
        return lister.names
    }()

    private struct Lister: MemberVisitor {
        var names: Set<String> = []
        var prefix = ""

        mutating func list<Object: JSONObject>(_ type: Object.Type, _ prefix: String) {
            let outer = self.prefix
            self.prefix = prefix
            var object = Object()
            do throws(JSONStop) { try object.visit(&self) } catch {}
            self.prefix = outer
        }

        mutating func visit<Value: JSONCodable>(
            _ name: StaticString, _ value: inout Value, _ need: MemberNeed
        ) throws(JSONStop) {
            let path = "\(prefix).\(name)"
            names.insert(path)
            descend(Value.self, path)
        }

        private mutating func descend(_ type: Any.Type, _ path: String) {
            if let object = type as? any JSONObject.Type {
                list(object, path)
            } else if let optional = type as? any AnyOptional.Type {
                descend(optional.wrapped, path)
            } else if let array = type as? any AnyArray.Type {
                descend(array.element, path + "[]")
            } else if let map = type as? any AnyMap.Type {
                descend(map.value, path + ".*")
            }
        }
    }
}

private protocol AnyOptional { static var wrapped: Any.Type { get } }
extension Optional: AnyOptional { fileprivate static var wrapped: Any.Type { Wrapped.self } }
private protocol AnyArray { static var element: Any.Type { get } }
extension Array: AnyArray { fileprivate static var element: Any.Type { Element.self } }
private protocol AnyMap { static var value: Any.Type { get } }
extension Dictionary: AnyMap { fileprivate static var value: Any.Type { Value.self } }
