// Embedded Swift has neither of the protocols. The documents' own reading is faster, strict, and says where something is wrong;
// this is for programs whose own types contain a document.
#if !hasFeature(Embedded)

    extension JSONDocument where Self: Codable {
        /// Reads the document from whatever a decoder reads; strictly, as `decode` does.
        ///
        /// - Throws: `DecodingFailure` with all problems, or the decoder's own error.
        public init(from decoder: any Decoder) throws {
            self = try Self.decode(try JSONValue(from: decoder).encoded())
        }

        /// Writes the document into whatever an encoder writes.
        public func encode(to encoder: any Encoder) throws {
            try JSONValue.decode(encoded()).encode(to: encoder)
        }
    }

    extension Spec: Codable {}
    extension Spec.Process: Codable {}
    extension Resources: Codable {}
    extension State: Codable {}
    extension ContainerProcessState: Codable {}
    extension Features: Codable {}
    extension SeccompProfile: Codable {}

    extension JSONValue: Codable {
        /// A name of a member.
        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        /// Reads any value. Decoders do not keep the order of members, nor how a number was written.
        public init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: Key.self) {
                var members = JSONMembers()
                for key in container.allKeys { members[key.stringValue] = try container.decode(JSONValue.self, forKey: key) }
                self = .object(members)
            } else if var container = try? decoder.unkeyedContainer() {
                var elements: [JSONValue] = []
                while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
                self = .array(elements)
            } else {
                self = try Self.scalar(try decoder.singleValueContainer())
            }
        }

        private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSONValue {
            if container.decodeNil() { return .null }
            if let value = try? container.decode(Bool.self) { return .bool(value) }
            if let value = try? container.decode(Int64.self) { return .number(JSONNumber(value)) }
            if let value = try? container.decode(UInt64.self) { return .number(JSONNumber(value)) }
            if let value = try? container.decode(Double.self) { return .number(JSONNumber(unchecked: "\(value)")) }
            return .string(try container.decode(String.self))
        }

        /// Writes any value.
        public func encode(to encoder: any Encoder) throws {
            switch self {
            case .object(let members):
                var container = encoder.container(keyedBy: Key.self)
                for member in members.members { try container.encode(member.value, forKey: Key(stringValue: member.name)) }
            case .array(let elements):
                var container = encoder.unkeyedContainer()
                for element in elements { try container.encode(element) }
            case .null:
                var container = encoder.singleValueContainer()
                try container.encodeNil()
            case .bool(let value):
                var container = encoder.singleValueContainer()
                try container.encode(value)
            case .string(let value):
                var container = encoder.singleValueContainer()
                try container.encode(value)
            case .number(let number):
                var container = encoder.singleValueContainer()
                if let value = number.integer(as: Int64.self) {
                    try container.encode(value)
                } else if let value = number.integer(as: UInt64.self) {
                    try container.encode(value)
                } else {
                    try container.encode(number.double)
                }
            }
        }
    }

#endif
