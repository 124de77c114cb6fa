// What others add to a document is theirs: it is written again as it was read. The executable only looks at configurations, and
// need not keep what means nothing to it.

#if hasFeature(Embedded)

    /// Members that the specification does not know: passed over.
    public struct UnknownMembers: Hashable, Sendable {
        init() {}

        func read(_ name: String, from reader: inout JSONReader) throws(JSONStop) { try reader.skipValue() }

        func write(to writer: inout JSONWriter) {}
    }

#else

    /// Members that the specification does not know, in the order in which they were read.
    public typealias UnknownMembers = JSONMembers

    extension JSONMembers {
        /// Reads one more member, whose name was read already.
        mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONStop) {
            var value = JSONValue.null
            let outer = reader.search
            try value.read(from: &reader)
            reader.search = outer
            append(name, value)
        }

        func write(to writer: inout JSONWriter) {
            for member in members {
                writer.name(member.name)
                member.value.write(to: &writer)
            }
        }
    }

#endif
