import CHarness

/// A tap device in this process's network namespace, which must be one of its own.
enum NetworkDevice {
    // struct ifreq: 16 bytes of name, then a union of 24.
    private static func request(_ name: String) -> [UInt8] {
        Array(name.utf8) + [UInt8](repeating: 0, count: 40 - name.utf8.count)
    }

    private static func call(_ descriptor: Int32, _ number: UInt64, _ request: [UInt8], _ what: String) throws(Verdict) {
        var request = request
        let result = unsafe request.withUnsafeMutableBytes {
            Raw.ioctl(descriptor, number, UInt64(UInt(bitPattern: $0.baseAddress)))
        }
        if result < 0 { throw Verdict.refused(what, "", errno: Int32(-result)) }
    }

    static let hardwareAddress = "02:00:5e:10:20:30"
    /// 2001:db8::7 as /proc/net/if_inet6 writes it.
    static let address6 = "20010db8000000000000000000000007"

    /// Makes a device that stays, with the address 192.0.2.7/24.
    ///
    /// - Parameter isUp: whether it stays up, with 2001:db8::7/64 as well: a device that is down has no addresses of version 6.
    static func make(_ name: String, isUp: Bool = false) throws(Verdict) {
        let tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC)
        if tun < 0 { throw Verdict.skipped("this machine has no /dev/net/tun") }
        defer { close(tun) }
        var made = request(name)
        made[16] = 2  // IFF_TAP
        made[17] = 0x10  // IFF_NO_PI
        try call(tun, 0x4004_54ca, made, "TUNSETIFF")
        let result = Raw.ioctl(tun, 0x4004_54cb, 1)
        if result < 0 { throw Verdict.refused("TUNSETPERSIST", name, errno: Int32(-result)) }
        let socket = CHarness.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
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
        var hardware = request(name)
        hardware.replaceSubrange(16..<24, with: [1, 0, 0x02, 0x00, 0x5e, 0x10, 0x20, 0x30])
        try call(socket, 0x8924, hardware, "SIOCSIFHWADDR")
        if isUp { return try addVersion6(name) }
        // Setting an address brings the device up; it is taken down again so that the runtime has something to do.
        var down = request(name)
        down.replaceSubrange(16..<18, with: [0, 0])
        try call(socket, 0x8914, down, "SIOCSIFFLAGS")
    }

    private static func addVersion6(_ name: String) throws(Verdict) {
        guard Files.exists("/proc/net/if_inet6") else { throw Verdict.skipped("this kernel has no version 6 of IP") }
        let socket = CHarness.socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        // struct in6_ifreq: address, length of the prefix, index of the device.
        let index = unsafe if_nametoindex(name)
        let bytes: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [7, 64, 0, 0, 0]
        let number = (0..<4).map { UInt8(truncatingIfNeeded: index >> (8 * UInt32($0))) }
        try call(socket, 0x8916, bytes + number + [UInt8](repeating: 0, count: 16), "SIOCSIFADDR")
    }
}
