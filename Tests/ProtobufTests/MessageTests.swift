import Testing

@testable import Protobuf

/// The bytes are those of protoc 3.21.12 for messages of criu's images/rpc.proto.
@Suite struct MessageTests {
    /// criu_req: RESTORE with options of every type that is in use.
    static let request = """
        080212b801080710ffffffffffffffffff0138014804520b726573746f72652e6c6f675a0e0a0831302e302e302e3110f8d2016a062f72756e2f78ba0112\
        0a052f6461746112092f7372762f64617461ba01080a022f7012022f71ca010d0a066d656d6f727912032f6331da010d0a09706970653a5b31325d100190\
        0203aa021c6e65745b343032363533313939325d3a657874526f6f744e65744e53b00280808080049003019a03132f6574632f637269752f72756e632e63\
        6f6e661801
        """

    /// criu_resp: NOTIFY with a script, an errno, features and a version.
    static let response =
        "080610012a110a0c706f73742d726573746f726510e72438a1ffffffffffffffff01420408011000520e080410021a0676342e322e312001"

    private static func bytes(_ text: String) throws -> [UInt8] {
        let digits = Array(text)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
        }
    }

    private static func pair(_ key: String, _ value: String) -> MessageWriter {
        var message = MessageWriter()
        message.add(1, key)
        message.add(2, value)
        return message
    }

    @Test func writesWhatProtocWrites() throws {
        var server = MessageWriter()
        server.add(1, "10.0.0.1")
        server.add(2, 27000 as Int64)
        var inherited = MessageWriter()
        inherited.add(1, "pipe:[12]")
        inherited.add(2, 1 as Int64)
        var options = MessageWriter()
        options.add(1, 7 as Int64)
        options.add(2, -1 as Int64)
        options.add(7, true)
        options.add(9, 4 as UInt64)
        options.add(10, "restore.log")
        options.add(11, server)
        options.add(13, "/run/x")
        options.add(23, Self.pair("/data", "/srv/data"))
        options.add(23, Self.pair("/p", "/q"))
        options.add(25, Self.pair("memory", "/c1"))
        options.add(27, inherited)
        options.add(34, 3 as UInt64)
        options.add(37, "net[4026531992]:extRootNetNS")
        options.add(38, 0x4000_0000 as UInt64)
        options.add(50, true)
        options.add(51, "/etc/criu/runc.conf")
        var request = MessageWriter()
        request.add(1, 2 as UInt64)
        request.add(2, options)
        request.add(3, true)
        #expect(request.bytes == (try Self.bytes(Self.request)))
    }

    @Test func readsWhatProtocWrites() throws {
        var reader = MessageReader(try Self.bytes(Self.response))
        #expect(try reader.next()?.int32 == 6)
        #expect(try reader.next()?.bool == true)
        var notification = try #require(try reader.next()?.message)
        #expect(try notification.next()?.string == "post-restore")
        let pid = try #require(try notification.next())
        #expect(pid.number == 2 && pid.int32 == 4711)
        #expect(try notification.next() == nil)
        let errno = try #require(try reader.next())
        #expect(errno.number == 7 && errno.int32 == -95)
        var features = try #require(try reader.next()?.message)
        #expect(try features.next()?.bool == true)
        #expect(try features.next()?.bool == false)
        var version = try #require(try reader.next()?.message)
        #expect(try [version.next()?.int32, version.next()?.int32] == [4, 2])
        #expect(try version.next()?.string == "v4.2.1")
        #expect(try version.next()?.int32 == 1)
        #expect(try reader.next() == nil)
    }

    @Test func readsFixedNumbers() throws {
        var reader = MessageReader([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 0, 0, 0x80])
        #expect(try reader.next() == .init(number: 1, value: .fixed64(0x0807_0605_0403_0201)))
        #expect(try reader.next() == .init(number: 2, value: .fixed32(0x8000_0001)))
        #expect(try reader.next() == nil)
    }

    /// Whatever the bytes are, they are read to their end or refused.
    @Test(arguments: [
        ([0x08], ProtobufError.endsEarly), ([0x08, 0x80], .endsEarly), ([0x12, 5, 1], .endsEarly), ([0x0d, 1, 2, 3], .endsEarly),
        ([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], .numberTooLong),
        ([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0], .numberTooLong),
        ([0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], .endsEarly),
        ([0x00, 1], .badFieldNumber), ([0x80, 0x80, 0x80, 0x80, 0x80, 1, 1], .badFieldNumber), ([0x0b], .unknownWireType),
        ([0x0f], .unknownWireType),
    ] as [([UInt8], ProtobufError)])
    func refused(_ bytes: [UInt8], _ error: ProtobufError) {
        var reader = MessageReader(bytes)
        #expect(throws: error) { try reader.next() }
    }

    @Test func everyNumberComesBack() throws {
        for shift in 0..<64 {
            for number in [UInt64(1) << UInt64(shift), (UInt64(1) << UInt64(shift)) - 1, .max - UInt64(shift)] {
                var writer = MessageWriter()
                writer.add(16, number)
                var reader = MessageReader(writer.bytes)
                #expect(try reader.next() == .init(number: 16, value: .varint(number)))
            }
        }
    }
}
