import Chance
import Testing

@testable import DBus

@Suite struct MarshallingTests {
    static let values: [DBusValue] = [
        .byte(7), .boolean(true), .int16(-2), .uint16(65_535), .int32(-3), .uint32(4), .int64(-5), .uint64(.max), .double(0.5),
        .string(""), .string("häß"), .objectPath("/a/b"), .signature("a{sv}"), .array(element: "y", []),
        .array(element: "t", [.uint64(1)]), .array(element: "(ss)", []), .strings(["a", "bc"]),
        .structure([.byte(1), .uint64(2), .string("x")]), .variant(.variant(.int32(1))),
        .array(element: "{sv}", [.entry(.string("k"), .variant(.array(element: "u", [.uint32(9)])))]),
    ]

    @Test(arguments: values) func valuesComeBack(value: DBusValue) throws {
        // At every alignment.
        for padding in 0..<8 {
            var message = DBusMessage(.signal, path: "/p", interface: "i.i", member: "M")
            message.serial = 5
            message.body = Array(repeating: .byte(1), count: padding) + [value]
            let bytes = message.encoded()
            #expect(try DBusMessage.length(bytes[...]) == bytes.count)
            #expect(try DBusMessage(bytes[...]) == message)
        }
    }

    /// The bytes of a call of Hello, put together by hand after the specification.
    @Test func bytesOfACall() {
        var message = DBusMessage(
            .call, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "Hello",
            destination: "org.freedesktop.DBus")
        message.serial = 1
        func field(_ code: UInt8, _ type: Character, _ text: String, pad: Int) -> [UInt8] {
            [code, 1, type.asciiValue!, 0, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8) + [0]
                + Array(repeating: 0, count: pad)
        }
        let fields =
            field(1, "o", "/org/freedesktop/DBus", pad: 2) + field(2, "s", "org.freedesktop.DBus", pad: 3)
            + field(3, "s", "Hello", pad: 2) + field(6, "s", "org.freedesktop.DBus", pad: 0)
        let expected: [UInt8] =
            [UInt8(ascii: "l"), 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, UInt8(fields.count), 0, 0, 0] + fields + [0, 0, 0]
        #expect(message.encoded() == expected)
    }

    @Test(arguments: [
        ("", []), ("a(sv)u", ["a(sv)", "u"]), ("a{s(ii)}aay", ["a{s(ii)}", "aay"]), ("(y(t))", ["(y(t))"]),
    ]) func signatures(text: String, types: [String]) {
        #expect(DBusSignature.types(text) == types)
    }

    @Test(arguments: [
        "a", "(", "()", "(s", "{sv}", "a{s}", "a{vs}", "a{svv}", "z", ")", "a{(s)v}", String(repeating: "a", count: 300),
    ])
    func noSignatures(text: String) {
        #expect(DBusSignature.types(text) == nil)
    }

    /// A peer may send anything: every message that is cut, or has a byte changed, is a message or an error.
    @Test func damagedMessages() {
        var message = DBusMessage(.signal, path: "/p", interface: "i.i", member: "M", body: Self.values)
        message.serial = 5
        let bytes = message.encoded()
        for length in 0..<bytes.count {
            #expect(throws: DBusError.self) { try DBusMessage(bytes[..<length]) }
        }
        var random = SplitMix(seed: 7)
        var refused = 0
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(DBusError) {
                _ = try DBusMessage.length(damaged[...])
                _ = try DBusMessage(damaged[...])
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000)
    }

    /// Arrays in arrays, deeper than allowed, do not exhaust the stack.
    @Test func nestingHasALimit() {
        var value = DBusValue.byte(1)
        for _ in 0..<100 { value = .variant(value) }
        var message = DBusMessage(.signal, path: "/p", interface: "i.i", member: "M", body: [value])
        message.serial = 1
        #expect(throws: DBusError.self) { try DBusMessage(message.encoded()[...]) }
    }

    @Test func addresses() throws {
        #expect(try DBusAddress("unix:path=/run/user/1000/bus,guid=abc").name == "/run/user/1000/bus")
        #expect(try DBusAddress("unix:guid=1,path=/a%20b").name == "/a b")
        #expect(try DBusAddress("unix:abstract=/tmp/x").isAbstract)
        #expect(DBusAddress.escaped("/a b%") == "/a%20b%25")
        #expect(try DBusAddress(busAddress(ofSocket: "/ä;,=")).name == "/ä;,=")
        for text in ["", "tcp:host=x", "unix:", "unix:dir=/tmp", "unix:path=%zz"] {
            #expect(throws: DBusError.self) { try DBusAddress(text) }
        }
    }
}
