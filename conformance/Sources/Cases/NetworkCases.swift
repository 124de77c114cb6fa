import CHarness
import RuntimeSpec

/// config-linux.md#network-devices. Each case has a network namespace of its own as the runtime's.
enum NetworkCases {
    private static let device = "ociprobe0"

    private static func setUp(_ trial: Trial, isUp: Bool = false) throws(Verdict) {
        try System.unshare(Raw.newNetwork)
        // sysfs shows the devices of the network namespace in which it was mounted.
        unsafe umount2("/sys/fs/cgroup", 2)
        try System.mount("sysfs", "/sys", "sysfs")
        try System.mount("cgroup2", "/sys/fs/cgroup", "cgroup2")
        try NetworkDevice.make(device, isUp: isUp)
    }

    private static func moved(
        _ id: String, _ rules: [String], _ title: String, entry: JSONValue = [:], isUp: Bool = false, operations: [String],
        sabotage: @escaping @Sendable (inout Bundle) -> Void = { $0["linux.netDevices"] = nil },
        check: @escaping @Sendable (Inside) throws(Verdict) -> Void
    ) -> Case {
        .steps(id, rules, title, view: .version2, sabotage: .configuration(sabotage)) { trial throws(Verdict) in
            try setUp(trial, isUp: isUp)
            trial.bundle["linux.netDevices." + device] = entry
            trial.bundle.operations = operations
            try check(try trial.run())
        }
    }

    private static func refusal(
        _ id: String, _ rules: [String], _ title: String, _ change: @escaping @Sendable (inout Bundle) -> Void
    ) -> Case {
        .steps(
            id, rules, title, view: .version2,
            sabotage: .configuration {
                $0["linux.netDevices"] = nil
                $0.setNamespace("network")
            }
        ) { trial throws(Verdict) in
            try setUp(trial)
            try trial.control { $0["linux.netDevices"] = nil }
            change(&trial.bundle)
            try trial.expectRefusal()
        }
    }

    static let cases: [Case] = [
        moved(
            "net-device-moved", ["netDevices.available", "netDevices.name"], "The device is in the container under its own name",
            operations: ["list", "/sys/class/net"]
        ) { inside throws(Verdict) in
            let seen = try inside.operation("list")["entries"]?.array?.compactMap { $0.string } ?? []
            try expect(seen.contains(device), device, seen: "\(seen)")
        },
        moved(
            "net-device-renamed", ["netDevices.name"], "The device has the name that was given", entry: ["name": "inner0"],
            operations: ["list", "/sys/class/net"]
        ) { inside throws(Verdict) in
            let seen = try inside.operation("list")["entries"]?.array?.compactMap { $0.string } ?? []
            try expect(seen.contains("inner0") && !seen.contains(device), "inner0", seen: "\(seen)")
        },
        moved(
            "net-device-template", ["netDevices.template"], "A name with %d is completed by the kernel",
            entry: ["name": "inner%d"], operations: ["list", "/sys/class/net"]
        ) { inside throws(Verdict) in
            let seen = try inside.operation("list")["entries"]?.array?.compactMap { $0.string } ?? []
            try expect(seen.contains("inner0"), "inner0", seen: "\(seen)")
        },
        moved(
            "net-device-up", ["netDevices.up"], "The device is up", operations: ["read", "/sys/class/net/" + device + "/flags"]
        ) { inside throws(Verdict) in
            let text = try inside.operation("read")["text"]?.string?.trimmed ?? ""
            let flags = Int(text.dropFirst(2), radix: 16) ?? 0
            try expect(flags & 1 == 1, "the flag IFF_UP", seen: text)
        },
        moved(
            "net-device-address", ["netDevices.attributes"], "The device keeps its permanent global address",
            operations: ["read", "/proc/net/fib_trie"]
        ) { inside throws(Verdict) in
            let text = try inside.operation("read")["text"]?.string ?? ""
            try expect(text.holds("192.0.2.7"), "192.0.2.7", seen: text)
        },
        moved(
            "net-device-address-6", ["netDevices.attributes"], "The device keeps its permanent global address of version 6",
            isUp: true,
            operations: ["read", "/proc/net/if_inet6"]
        ) { inside throws(Verdict) in
            let text = try inside.operation("read")["text"]?.string ?? ""
            try expect(text.holds(NetworkDevice.address6), NetworkDevice.address6, seen: text)
        },
        moved(
            "net-device-hardware-address", ["netDevices.attributes"], "The device keeps its hardware address",
            operations: ["read", "/sys/class/net/" + device + "/address"]
        ) { inside throws(Verdict) in
            try expect(
                "address", try inside.operation("read")["text"]?.string?.trimmed, is: NetworkDevice.hardwareAddress)
        },
        moved(
            "net-device-mtu", ["netDevices.attributes"], "The device keeps its MTU",
            operations: ["read", "/sys/class/net/" + device + "/mtu"]
        ) { inside throws(Verdict) in
            try expect("mtu", try inside.operation("read")["text"]?.string?.trimmed, is: "1300")
        },
        .steps(
            "net-device-not-returned", ["netDevices.no-return", "netDevices.available"],
            "A virtual device ends with the container's namespace",
            view: .version2, sabotage: .configuration { $0["linux.netDevices"] = nil }
        ) { trial throws(Verdict) in
            try setUp(trial)
            trial.bundle["linux.netDevices." + device] = [:]
            trial.bundle.operations = ["list", "/sys/class/net"]
            try trial.run()
            try trial.succeed("delete", try trial.delete())
            System.sleep(milliseconds: 200)
            try trial.expect(!Files.exists("/sys/class/net/" + device), "no device", seen: "it is back")
        },
        .steps(
            "net-device-after-failure", ["errors.unchanged", "netDevices.available"],
            "A device of a container that could not be made is where and as it was",
            view: .version2, sabotage: .configuration { $0["hooks"] = nil }
        ) { trial throws(Verdict) in
            try setUp(trial)
            trial.bundle["linux.netDevices." + device] = ["name": "inner0"]
            trial.bundle["hooks.createContainer"] = [trial.bundle.hook("exit", "1")]
            try trial.refuse("create with a hook that fails", try trial.create())
            try trial.expect(Files.exists("/sys/class/net/" + device), "the device \(device)", seen: "it is gone")
            let addresses = Files.text("/proc/net/fib_trie") ?? ""
            try trial.expect(addresses.holds("192.0.2.7"), "its address 192.0.2.7", seen: addresses)
            let flags = Int((Files.text("/sys/class/net/\(device)/flags") ?? "").trimmed.dropFirst(2), radix: 16) ?? 0
            try trial.expect(flags & 1 == 0, "a device that is down, as before", seen: "flags \(flags)")
        },
        .steps(
            "net-device-number-taken", ["netDevices.available", "netDevices.up", "netDevices.template"],
            "A device whose number is taken in the container's namespace is up under the name that the kernel chose",
            view: .version2, sabotage: .configuration { $0["linux.netDevices"] = nil }
        ) { trial throws(Verdict) in
            // The namespace that is joined has a device of its own, which is the first as well.
            try System.unshare(Raw.newNetwork)
            try NetworkDevice.make("other0")
            let namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)
            defer { close(namespace) }
            try setUp(trial)
            trial.bundle["linux.netDevices." + device] = ["name": "inner%d"]
            trial.bundle.setNamespace("network", path: "/proc/\(getpid())/fd/\(namespace)")
            trial.bundle.operations = ["read", "/sys/class/net/inner0/flags"]
            let text = try trial.run().operation("read")["text"]?.string?.trimmed ?? ""
            try expect((Int(text.dropFirst(2), radix: 16) ?? 0) & 1 == 1, "the flag IFF_UP", seen: text)
        },
        refusal("net-device-missing", ["netDevices.check"], "A device that is not there is refused") {
            $0["linux.netDevices.nosuch0"] = [:]
        },
        refusal("net-device-exists", ["netDevices.exists"], "A name that is taken in the container is refused") {
            $0["linux.netDevices." + device] = ["name": "lo"]
        },
        refusal("net-device-bad-name", ["netDevices.check", "values.invalid"], "A name that no device can have is refused") {
            $0["linux.netDevices." + device] = ["name": "a name with spaces and more"]
        },
        refusal(
            "net-device-no-namespace", ["netDevices.check", "create.cannot-apply"],
            "netDevices without a network namespace is refused"
        ) {
            $0.removeNamespace("network")
            $0["linux.netDevices." + device] = [:]
        },
    ]
}
