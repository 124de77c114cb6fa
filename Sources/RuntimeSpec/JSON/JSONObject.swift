/// Someone who wants to see all members of an object in their order: the reader, the writer, a test.
protocol MemberVisitor {
    /// Sees one member.
    mutating func visit<Value: JSONCodable>(
        _ name: StaticString, _ value: inout Value, _ need: MemberNeed
    ) throws(JSONStop)
}

extension MemberVisitor {
    @inline(__always)
    mutating func visit<Value: JSONCodable>(_ name: StaticString, _ value: inout Value) throws(JSONStop) {
        try visit(name, &value, .optional)
    }
}

/// What the reader demands of a member beyond its type.
///
/// Strings and lists that the specification requires are optional here: when absent they are empty, which validation finds.
enum MemberNeed {
    case optional
    /// A number or a truth value that must be there.
    case required
    /// Any JSON, but an object: the section of another platform.
    case object
}

/// An object with members of known names.
protocol JSONObject: JSONCodable {
    /// The section of the specification that describes the object.
    static var section: StaticString { get }

    /// Members of other names.
    var unknownMembers: UnknownMembers { get set }

    /// Shows each member to a visitor, always in the same order.
    mutating func visit<Visitor: MemberVisitor>(_ members: inout Visitor) throws(JSONStop)
}

extension JSONObject {
    mutating func read(from reader: inout JSONReader) throws(JSONStop) { try reader.object(&self) }

    func write(to writer: inout JSONWriter) {
        writer.open("{")
        var copy = self
        // The writer throws nothing.
        do throws(JSONStop) { try copy.visit(&writer) } catch {}
        if writer.writesUnknownMembers { unknownMembers.write(to: &writer) }
        writer.close("}")
    }

    var containsNull: Bool {
        var search = NullSearch()
        var copy = self
        do throws(JSONStop) { try copy.visit(&search) } catch { return true }
        return false
    }
}

/// Stops at the first member with U+0000 in it.
private struct NullSearch: MemberVisitor {
    mutating func visit<Value: JSONCodable>(
        _ name: StaticString, _ value: inout Value, _ need: MemberNeed
    ) throws(JSONStop) {
        if value.containsNull { throw JSONStop() }
    }
}

extension JSONWriter: MemberVisitor {
    mutating func visit<Value: JSONCodable>(
        _ name: StaticString, _ value: inout Value, _ need: MemberNeed
    ) throws(JSONStop) {
        if value.isAbsent { return }
        self.name(name)
        value.write(to: &self)
    }
}

/// What the reader looks for while an object shows its members.
@safe struct MemberSearch {
    enum Mode {
        /// Read the member of the wanted name.
        case find
        /// Find a member whose name differs from the wanted one in case.
        case findSimilar
        /// Record the required members that were not seen.
        case reportMissing
        /// The wanted member was found; only count.
        case rest
    }

    var mode = Mode.rest
    var wanted = unsafe JSONName(start: UnsafePointer(bitPattern: 1)!, count: 0)
    /// The number of the next member.
    var index = 0
    /// The number of the member that was found.
    var found = -1
    /// A bit for each required member.
    var required: UInt64 = 0
    /// A bit for each member that was read.
    var seen: UInt64 = 0
    /// A member whose name differs from the wanted one in case.
    var similar: StaticString?
    /// The section that describes the object being read.
    var section: StaticString = "config.md"
    /// Where the object begins.
    var offset = 0
    /// The object being read, and what shows its members.
    var object: UnsafeMutableRawPointer?
    var show: (UnsafeMutableRawPointer, inout JSONReader) throws(JSONStop) -> Void = { _, _ in }
    /// What keeps a member of another name in the object.
    var keep: (UnsafeMutableRawPointer, String, inout JSONReader) throws(JSONStop) -> Void = { _, _, _ in }
}

extension JSONReader: MemberVisitor {
    @inline(__always)
    mutating func visit<Value: JSONCodable>(
        _ name: StaticString, _ value: inout Value, _ need: MemberNeed
    ) throws(JSONStop) {
        let bit = UInt64(1) << UInt64(search.index)
        search.index += 1
        if need == .required { search.required |= bit }
        switch search.mode {
        case .find:
            guard search.wanted.equals(name) else { return }
            try readMember(&value, need)
        case .rest: return
        case .findSimilar: if search.wanted.resembles(name) { search.similar = name }
        case .reportMissing: if need == .required, search.seen & bit == 0 { try missing(name) }
        }
    }

    private mutating func readMember<Value: JSONCodable>(_ value: inout Value, _ need: MemberNeed) throws(JSONStop) {
        search.mode = .rest
        search.found = search.index - 1
        // An object in the value has a search of its own, and puts this one back.
        if need == .object, next != UInt8(ascii: "{"), next != UInt8(ascii: "n") {
            try mismatch("an object", section: search.section)
        } else {
            try value.read(from: &self)
        }
    }

    private mutating func missing(_ name: StaticString) throws(JSONStop) {
        try record("is missing; it is required", section: search.section, at: search.offset, steps: [.member("\(name)")])
    }

    /// Reads an object with members of known names. Others are checked and kept, and mean nothing.
    mutating func object<Object: JSONObject>(_ object: inout Object) throws(JSONStop) {
        let outer = search
        search = MemberSearch()
        search.section = Object.section
        search.offset = position
        unsafe search.show = { (object, reader) throws(JSONStop) in
            try unsafe object.assumingMemoryBound(to: Object.self).pointee.visit(&reader)
        }
        unsafe search.keep = { (object, name, reader) throws(JSONStop) in
            try unsafe object.assumingMemoryBound(to: Object.self).pointee.unknownMembers.read(name, from: &reader)
        }
        try unsafe withUnsafeMutablePointer(to: &object) { (pointer) throws(JSONStop) in
            unsafe search.object = UnsafeMutableRawPointer(pointer)
            try members()
        }
        search = outer
    }

    /// Shows the members of the object that is being read.
    private mutating func visitMembers() throws(JSONStop) {
        search.index = 0
        if let object = unsafe search.object { try unsafe search.show(object, &self) }
    }

    /// What reading an object is beside its type: that is behind a pointer, so that this is compiled once.
    @inline(never)
    private mutating func members() throws(JSONStop) {
        let closing = UInt8(ascii: "}")
        guard next == UInt8(ascii: "{") else { return try mismatch("an object", section: search.section) }
        var unknown = JSONNameSet()
        if try enter(closing: closing) {
            repeat {
                let offset = position
                let name = try name()
                let before = problems.count
                defer { place(.member(name.string), since: before) }
                search.mode = .find
                search.wanted = name
                search.found = -1
                try visitMembers()
                if search.found >= 0 {
                    let bit = UInt64(1) << UInt64(search.found)
                    if search.seen & bit != 0 { throw duplicate(name, at: offset) }
                    search.seen |= bit
                } else {
                    if !unknown.insert(name) { throw duplicate(name, at: offset) }
                    try ignore(name, at: offset)
                }
            } while try another(closing: closing)
        } else {
            try visitMembers()
        }
        if search.required & ~search.seen != 0 {
            search.mode = .reportMissing
            try visitMembers()
        }
    }

    /// Passes over a member that the specification does not know; SPEC(config.md#extensibility) forbids an error.
    private mutating func ignore(_ name: JSONName, at offset: Int) throws(JSONStop) {
        search.mode = .findSimilar
        search.similar = nil
        try visitMembers()
        if let similar = search.similar {
            try record(
                "is ignored because names are compared exactly; perhaps \(similar) is meant", section: search.section,
                at: offset, severity: .should)
        }
        if let object = unsafe search.object { try unsafe search.keep(object, name.string, &self) } else { try skipValue() }
    }
}
