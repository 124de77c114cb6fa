import Glibc
import Testing

@testable import LinuxKernel

/// Answers of a route socket that no kernel gives: they are errors, and neither the end of the process nor waited for for ever.
@Suite struct RouteSocketTests {
    /// A socket whose other end has said what it will say, and has closed.
    private func withSocket(_ packets: [[UInt8]], _ body: (borrowing RouteSocket) throws -> Void) rethrows {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, 5, 0, &ends) == 0)  // SOCK_SEQPACKET
        for packet in packets { #expect(send(ends[1], packet, packet.count, 0) == packet.count) }
        shutdown(ends[1], Int32(SHUT_WR))
        defer { close(ends[1]) }
        try body(RouteSocket(owning: Descriptor(owning: ends[0])))
    }

    private func message(type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [UInt8(16 + body.count), 0, 0, 0, type, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] + body
    }

    private func expectRefusals(_ packets: [[UInt8]]) {
        withSocket(packets) { socket in #expect(throws: KernelError.self) { _ = try socket.device(named: "eth0") } }
        withSocket(packets) { socket in #expect(throws: KernelError.self) { _ = try socket.devices() } }
        withSocket(packets) { socket in #expect(throws: KernelError.self) { try socket.bringUp(1) } }
    }

    @Test func nothing() { expectRefusals([]) }

    @Test func aHeaderThatIsCutOff() { expectRefusals([[20, 0, 0, 0, 2]]) }

    @Test(arguments: [0, 1, 3]) func anErrorWithoutItsNumber(_ count: Int) {
        expectRefusals([message(type: 2, [UInt8](repeating: 1, count: count))])
    }

    /// Its negative is no number of 32 bits.
    @Test func theSmallestNumber() { expectRefusals([message(type: 2, [0, 0, 0, 0x80])]) }

    @Test func aListThatDoesNotEnd() {
        withSocket([message(type: 16, [UInt8](repeating: 0, count: 16))]) { socket in
            #expect(throws: KernelError.self) { _ = try socket.devices() }
        }
    }

    /// The same as the kernel would say it.
    @Test func anAnswer() throws {
        let link: [UInt8] = [0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        try withSocket([message(type: 16, link)]) { socket in
            let found = try socket.device(named: "eth0")
            #expect(found.index == 7 && found.isUp)
        }
        try withSocket([message(type: 16, link), message(type: 3, [0, 0, 0, 0])]) { socket in
            let devices = try socket.devices()
            #expect(devices == [7])
        }
    }
}
