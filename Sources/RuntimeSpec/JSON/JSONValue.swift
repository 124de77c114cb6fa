/// Any JSON document, kept exactly: the order of members, and numbers as they were written.
public enum JSONValue: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, by its digits.
    case number(JSONNumber)
    /// A string, without its quotes and escapes.
    case string(String)
    /// Elements in their order.
    case array([JSONValue])
    /// Members in their order.
    case object(JSONMembers)
}

/// A JSON number as it was written, so that nothing is lost to rounding.
public struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    /// The digits, as JSON writes them.
    public let text: String

    /// Keeps a text that is known to be a JSON number.
    init(unchecked text: String) { self.text = text }

    /// Makes a number from an integer.
    public init(_ value: some FixedWidthInteger) { text = String(value) }

    /// The value as an integer, if it is written as one (no fraction, no exponent) and fits.
    public func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer? { Integer(text) }

    /// The nearest double-precision value; infinite if it is out of range.
    public var double: Double { Double(decimal: text) ?? .nan }

    /// The digits.
    public var description: String { text }
}

/// The members of a JSON object in the order in which they were written. Names are unique.
public struct JSONMembers: Hashable, Sendable {
    /// One name and its value.
    public struct Member: Hashable, Sendable {
        /// The member's name.
        public let name: String
        /// The member's value.
        public var value: JSONValue

        /// Makes a member.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The members in order.
    public private(set) var members: [Member]

    /// Makes an object without members.
    public init() { members = [] }

    /// Keeps members whose names are known to be unique.
    init(unchecked members: [Member]) { self.members = members }

    /// Adds a member of a name that is new.
    mutating func append(_ name: String, _ value: JSONValue) { members.append(Member(name: name, value: value)) }

    /// Keeps members; of equal names the last counts, in the place of the first. Adding them one by one takes a time that grows
    /// with the square of their number.
    public init(_ members: [Member]) {
        var places: [[UInt8]: Int] = [:]
        places.reserveCapacity(members.count)
        self.members = []
        self.members.reserveCapacity(members.count)
        for member in members {
            let name = Array(member.name.utf8)
            if let place = places[name] {
                self.members[place].value = member.value
            } else {
                places[name] = self.members.count
                self.members.append(member)
            }
        }
    }

    /// The value of a member. Setting nil removes the member; setting a new name appends it.
    public subscript(name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            switch (position(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    private func position(of name: String) -> Int? {
        members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }
}

extension JSONMembers: ExpressibleByDictionaryLiteral {
    /// Makes an object; of two equal names the last wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (name, value) in elements { self[name] = value }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// null.
    public init(nilLiteral: ()) { self = .null }
    /// An object; of two equal names the last wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var members = JSONMembers()
        for (name, value) in elements { members[name] = value }
        self = .object(members)
    }
}

extension JSONValue {
    /// The text, if this is a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number, if this is one.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    /// The elements, if this is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, if this is an object.
    public var object: JSONMembers? { if case .object(let value) = self { value } else { nil } }

    /// The value at a path, or nil if there is none.
    ///
    /// Setting a value makes the objects on the way that do not exist, and appends to an array at its end index;
    /// setting nil removes the member or the element. A path that leads through a string or a number is left alone.
    public subscript(path: JSONPath) -> JSONValue? {
        get {
            var value = self
            for component in path.components {
                switch (component, value) {
                case (.member(let name), .object(let members)):
                    guard let next = members[name] else { return nil }
                    value = next
                case (.index(let index), .array(let elements)):
                    guard elements.indices.contains(index) else { return nil }
                    value = elements[index]
                default: return nil
                }
            }
            return value
        }
        set { set(newValue, at: path.components[...]) }
    }

    private mutating func set(_ newValue: JSONValue?, at path: ArraySlice<JSONPath.Component>) {
        guard let first = path.first else {
            self = newValue ?? .null
            return
        }
        let rest = path.dropFirst()
        switch (first, self) {
        case (.member(let name), .object(var members)):
            if rest.isEmpty {
                members[name] = newValue
            } else {
                var child = members[name] ?? .object(JSONMembers())
                child.set(newValue, at: rest)
                members[name] = child
            }
            self = .object(members)
        case (.index(let index), .array(var elements)) where index >= 0 && index <= elements.count:
            if index == elements.count { elements.append(.object(JSONMembers())) }
            if rest.isEmpty {
                if let newValue { elements[index] = newValue } else { elements.remove(at: index) }
            } else {
                elements[index].set(newValue, at: rest)
            }
            self = .array(elements)
        default: break
        }
    }
}
