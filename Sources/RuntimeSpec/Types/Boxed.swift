/// A large part of a document, which lies elsewhere: who copies the whole copies a reference. Who changes a copy still changes
/// that one alone.
struct Boxed<Value: Hashable & Sendable>: Hashable, @unchecked Sendable {
    private final class Storage {
        var value: Value

        init(_ value: Value) { self.value = value }
    }

    /// Changed only while nobody else has it.
    private var storage: Storage

    init(_ value: Value) { storage = Storage(value) }

    var value: Value {
        _read { yield storage.value }
        _modify {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
            yield &storage.value
        }
    }

    static func == (one: Boxed, other: Boxed) -> Bool { one.storage === other.storage || one.value == other.value }

    func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
