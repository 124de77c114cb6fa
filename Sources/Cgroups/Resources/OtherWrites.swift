internal import ByteText
internal import RuntimeSpec

/// Processes, huge pages, network classes and RDMA.
extension ResourcePlanner {
    /// SPEC(config-linux.md#pids): 0 is a valid limit. The kernel counts it when a process is made in the group, so it is
    /// set once the container's first process is inside.
    mutating func plan(_ pids: Pids) throws(CgroupError) {
        guard let limit = pids.limit else { return }
        let path = path.member("pids").member("limit")
        if limit < -1 {
            throw CgroupError(.invalidValue, "\(limit) is no number of processes", path: path, hint: "-1 means no limit")
        }
        let version = try version(v1: "pids", for: path)
        add(
            "pids", version, "pids.max", limit == -1 ? "max" : String(limit), path,
            moment: limit == 0 ? .afterJoin : .beforeJoin)
    }

    /// SPEC(config-linux.md#huge-page-limits): reservations where the kernel counts them, and faults.
    mutating func plan(_ limits: [HugepageLimit]) throws(CgroupError) {
        for (index, limit) in limits.enumerated() {
            let path = path.member("hugepageLimits").index(index)
            guard ResourcePlanner.isPageSize(limit.pageSize) else {
                throw CgroupError(
                    .invalidValue, "\"\(limit.pageSize.escaped)\" is no page size", path: path.member("pageSize"),
                    hint: "write a number and KB, MB or GB, such as 2MB")
            }
            let version = try version(v1: "hugetlb", for: path)
            let name = "hugetlb." + limit.pageSize
            let suffix = version == .v1 ? "limit_in_bytes" : "max"
            let property = path.member("limit")
            add("hugetlb", version, "\(name).\(suffix)", String(limit.limit), property)
            // KERNEL(5.7)
            add("hugetlb", version, "\(name).rsvd.\(suffix)", String(limit.limit), property, isOptional: true)
        }
    }

    private static func isPageSize(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 3, bytes.last == UInt8(ascii: "B"), "KMG".utf8.contains(bytes[bytes.count - 2]) else { return false }
        return bytes.dropLast(2).allSatisfy { (0x30...0x39).contains($0) }
    }

    /// SPEC(config-linux.md#network). RUNC: class 0 means unset.
    mutating func plan(_ network: Network) throws(CgroupError) {
        let path = path.member("network")
        if let classID = network.classID, classID != 0 {
            let property = path.member("classID")
            try requireLegacy("net_cls", property)
            add("net_cls", .v1, "net_cls.classid", String(classID), property)
        }
        for (index, priority) in (network.priorities ?? []).enumerated() {
            let property = path.member("priorities").index(index)
            if priority.name.isEmpty || priority.name.utf8.contains(where: { $0 <= 0x20 }) {
                throw CgroupError(
                    .invalidValue, "\"\(priority.name.escaped)\" is no interface name", path: property.member("name"))
            }
            try requireLegacy("net_prio", property)
            add("net_prio", .v1, "net_prio.ifpriomap", "\(priority.name) \(priority.priority)", property)
        }
    }

    private func requireLegacy(_ controller: String, _ path: JSONPath) throws(CgroupError) {
        if layout.mode == .unified {
            throw inexpressible(
                path, "controller \(controller)", hint: "remove the property and use a BPF program or nftables instead")
        }
        _ = try version(v1: controller, for: path)
    }

    /// SPEC(config-linux.md#rdma): at least one value for each device.
    mutating func plan(_ rdma: [String: Rdma]) throws(CgroupError) {
        for (device, limit) in rdma.sortedByName {
            let path = path.member("rdma").member(device)
            if device.isEmpty || device.utf8.contains(where: { $0 <= 0x20 }) {
                throw CgroupError(.invalidValue, "\"\(device.escaped)\" is no device name", path: path)
            }
            var value = device
            if let handles = limit.hcaHandles { value += " hca_handle=\(handles)" }
            if let objects = limit.hcaObjects { value += " hca_object=\(objects)" }
            if limit.hcaHandles == nil && limit.hcaObjects == nil {
                throw CgroupError(.invalidValue, "has neither hcaHandles nor hcaObjects", path: path)
            }
            let version = try version(v1: "rdma", for: path)
            add("rdma", version, "rdma.max", value, path)
        }
    }

    /// SPEC(config-linux.md#unified): every file is written, whether known here or not.
    mutating func plan(unified: [String: String]) throws(CgroupError) {
        for (file, value) in unified.sortedByName {
            let path = path.member("unified").member(file)
            guard let hierarchy = layout.unified else {
                // RUNC: the words before the colon are its own.
                throw CgroupError(
                    .unsupported, "invalid configuration: this host has no cgroup v2", path: path,
                    hint: "use the properties for cgroup v1")
            }
            if file.utf8.contains(UInt8(ascii: "/")) || file.utf8.contains(where: { $0 <= 0x20 }) {
                throw CgroupError(
                    .invalidValue, "unified resource \"\(file.escaped)\" must be a file name (no slashes)", path: path)
            }
            guard let (controller, parameter) = file.halves(at: "."), !controller.isEmpty, !parameter.isEmpty else {
                throw CgroupError(
                    .invalidValue, "unified resource \"\(file)\" must be in the form CONTROLLER.PARAMETER", path: path)
            }
            // These move or end processes; they are no setting of a group.
            if ["cgroup.procs", "cgroup.threads", "cgroup.kill"].contains(file) {
                throw CgroupError(.invalidValue, "\(file) is no setting", path: path, hint: "remove the property")
            }
            if controller != "cgroup" && !hierarchy.controllers.contains(controller) {
                var error = CgroupError.missing(controller: controller, path: path, layout: layout)
                error.message =
                    "unified resource \"\(file)\" can't be set: controller \"\(controller)\" not available"
                throw error
            }
            // A file with several lines takes one at a time.
            for line in value.lines where !line.words.isEmpty {
                add(controller, .v2, file, line, path)
            }
        }
    }
}
