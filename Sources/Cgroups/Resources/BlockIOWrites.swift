internal import RuntimeSpec

/// SPEC(config-linux.md#block-io), KERNEL(Documentation/admin-guide/cgroup-v1/blkio-controller.rst, block/bfq-iosched.rst,
/// cgroup-v2.rst). RUNC: 0 means unset for weights, since callers write it for "not given".
extension ResourcePlanner {
    mutating func plan(_ blockIO: BlockIO) throws(CgroupError) {
        let path = path.member("blockIO")
        if let weight = weight(blockIO.weight) {
            try addWeight(device: nil, weight, path.member("weight"))
        }
        if let weight = weight(blockIO.leafWeight) {
            try addLeafWeight("blkio.leaf_weight", String(weight), path.member("leafWeight"))
        }
        for (index, device) in (blockIO.weightDevice ?? []).enumerated() {
            try plan(device, path.member("weightDevice").index(index))
        }
        try plan(blockIO.throttleReadBpsDevice, path.member("throttleReadBpsDevice"), "read_bps", "rbps")
        try plan(blockIO.throttleWriteBpsDevice, path.member("throttleWriteBpsDevice"), "write_bps", "wbps")
        try plan(blockIO.throttleReadIOPSDevice, path.member("throttleReadIOPSDevice"), "read_iops", "riops")
        try plan(blockIO.throttleWriteIOPSDevice, path.member("throttleWriteIOPSDevice"), "write_iops", "wiops")
    }

    private mutating func plan(_ device: WeightDevice, _ path: JSONPath) throws(CgroupError) {
        if device.weight == nil && device.leafWeight == nil {
            throw CgroupError(.invalidValue, "has neither weight nor leafWeight", path: path)
        }
        let number = try number(device.major, device.minor, path)
        if let weight = weight(device.weight) {
            try addWeight(device: number, weight, path.member("weight"))
        }
        if let weight = weight(device.leafWeight) {
            try addLeafWeight("blkio.leaf_weight_device", "\(number) \(weight)", path.member("leafWeight"))
        }
    }

    private mutating func plan(
        _ devices: [ThrottleDevice]?, _ path: JSONPath, _ v1: String, _ v2: String
    ) throws(CgroupError) {
        for (index, device) in (devices ?? []).enumerated() {
            let path = path.index(index)
            let number = try number(device.major, device.minor, path)
            switch try version(v1: "blkio", v2: "io", for: path) {
            case .v1:
                add("blkio", .v1, "blkio.throttle.\(v1)_device", "\(number) \(device.rate)", path.member("rate"))
            case .v2:
                // 0 lifts the limit on v1; v2 has a word for it and refuses 0.
                let rate = device.rate == 0 ? "max" : String(device.rate)
                add("io", .v2, "io.max", "\(number) \(v2)=\(rate)", path.member("rate"))
            }
        }
    }

    /// A weight of the group, or of one device. The file is the scheduler's where BFQ is built in.
    private mutating func addWeight(device: String?, _ weight: UInt16, _ path: JSONPath) throws(CgroupError) {
        let prefix = device.map { $0 + " " } ?? ""
        switch try version(v1: "blkio", v2: "io", for: path) {
        case .v1:
            let suffix = device == nil ? "" : "_device"
            add(
                "blkio", .v1, "blkio.weight" + suffix, prefix + String(weight), path,
                alternative: .init(file: "blkio.bfq.weight" + suffix, value: prefix + String(weight)))
        case .v2:
            // BFQ has the range of v1.
            let converted = ResourcePlanner.ioWeight(ofBlockIO: weight)
            add(
                "io", .v2, "io.bfq.weight", prefix + String(weight), path,
                alternative: .init(file: "io.weight", value: prefix + String(converted)))
        }
    }

    /// io.weight has 1 to 10000, and 10 to 1000, the range of the first scheduler that had weights, is spread over it evenly.
    static func ioWeight(ofBlockIO weight: UInt16) -> UInt64 { 1 + (UInt64(max(weight, 10)) - 10) * 9999 / 990 }

    private mutating func addLeafWeight(_ file: String, _ value: String, _ path: JSONPath) throws(CgroupError) {
        guard try version(v1: "blkio", v2: "io", for: path) == .v1 else {
            throw inexpressible(path, "leaf weight")
        }
        add("blkio", .v1, file, value, path)
    }

    /// The specification has no range; each scheduler of the kernel has one of its own, and refuses the rest.
    private func weight(_ weight: UInt16?) -> UInt16? { weight == 0 ? nil : weight }

    private func number(_ major: Int64, _ minor: Int64, _ path: JSONPath) throws(CgroupError) -> String {
        guard (0...Int64(UInt32.max)).contains(major), (0...Int64(UInt32.max)).contains(minor) else {
            throw CgroupError(.invalidValue, "\(major):\(minor) is no device number", path: path)
        }
        return "\(major):\(minor)"
    }
}
