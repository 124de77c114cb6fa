import Glibc

/// A tap device in this process's network namespace, which must be one of its own.
enum NetworkDevice {
    // struct ifreq: 16 bytes of name, then a union of 24.
    private static func request(_ name: String) -> [UInt8] {
        Array(name.utf8) + [UInt8](repeating: 0, count: 40 - name.utf8.count)
    }

    private static func call(_ descriptor: Int32, _ number: UInt64, _ request: [UInt8], _ what: String) throws(SystemError) {
        var request = request
        let result = request.withUnsafeMutableBytes { Raw.ioctl(descriptor, number, UInt64(UInt(bitPattern: $0.baseAddress))) }
        if result < 0 { throw SystemError(what, "", errno: Int32(-result)) }
    }

    /// Makes a device that stays, with the address 192.0.2.7/24. It is down.
    static func make(_ name: String) throws {
        let tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC)
        if tun < 0 { throw Verdict.skipped("this machine has no /dev/net/tun") }
        defer { close(tun) }
        var made = request(name)
        made[16] = 2  // IFF_TAP
        made[17] = 0x10  // IFF_NO_PI
        try call(tun, 0x4004_54ca, made, "TUNSETIFF")
        let result = Raw.ioctl(tun, 0x4004_54cb, 1)
        if result < 0 { throw SystemError("TUNSETPERSIST", name, errno: Int32(-result)) }
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        // struct sockaddr_in: family 2, port, address.
        var address = request(name)
        address.replaceSubrange(16..<24, with: [2, 0, 0, 0, 192, 0, 2, 7])
        try call(socket, 0x8916, address, "SIOCSIFADDR")
        address.replaceSubrange(16..<24, with: [2, 0, 0, 0, 255, 255, 255, 0])
        try call(socket, 0x891c, address, "SIOCSIFNETMASK")
        var mtu = request(name)
        mtu.replaceSubrange(16..<20, with: [0x14, 0x05, 0, 0])  // 1300
        try call(socket, 0x8922, mtu, "SIOCSIFMTU")
        // Setting an address brings the device up; it is taken down again so that the runtime has something to do.
        var down = request(name)
        down.replaceSubrange(16..<18, with: [0, 0])
        try call(socket, 0x8914, down, "SIOCSIFFLAGS")
    }
}
