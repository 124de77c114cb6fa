import RuntimeSpec

/// config.md#hostname, #domainname, config-linux.md#sysctl.
enum NameCases {
    static let cases: [Case] = [
        .inside("hostname", ["hostname.set"], "The host name is hostname") {
            $0["hostname"] = "slartibartfast"
        } sabotage: {
            $0["hostname"] = "marvin"
        } check: { inside throws(Verdict) in
            try expect("hostname", try inside.text("hostname"), is: "slartibartfast")
        },
        .refused(
            "hostname-no-namespace", ["practice.hostname-namespace"],
            "hostname without a uts namespace of its own is refused"
        ) {
            $0.removeNamespace("uts")
            $0["hostname"] = "slartibartfast"
        } valid: {
            $0.setNamespace("uts")
            $0["hostname"] = "slartibartfast"
        },
        .refused("hostname-too-long", ["values.invalid"], "A hostname of more than 64 bytes is refused") {
            $0["hostname"] = .string(String(repeating: "a", count: 65))
        } valid: {
            $0["hostname"] = .string(String(repeating: "a", count: 64))
        },
        .inside("domainname", ["domainname.set"], "The domain name is domainname") {
            $0["domainname"] = "example.org"
        } sabotage: {
            $0["domainname"] = "example.com"
        } check: { inside throws(Verdict) in
            try expect("domainname", try inside.text("domainname"), is: "example.org")
        },
        .refused(
            "domainname-no-namespace", ["practice.domainname-namespace"],
            "domainname without a uts namespace of its own is refused"
        ) {
            $0.removeNamespace("uts")
            $0["domainname"] = "example.org"
        } valid: {
            $0.setNamespace("uts")
            $0["domainname"] = "example.org"
        },
        .inside(
            "sysctl-network", ["sysctl.set"], "A parameter of the network namespace is set",
            operations: ["read", "/proc/sys/net/ipv4/ip_default_ttl"]
        ) {
            // Not what a machine may have by itself: new namespaces inherit some parameters.
            $0["linux.sysctl"] = ["net.ipv4.ip_default_ttl": "77"]
        } sabotage: {
            $0["linux.sysctl"] = nil
        } check: { inside throws(Verdict) in
            try expect("net.ipv4.ip_default_ttl", try inside.operation("read")["text"]?.string?.trimmed, is: "77")
        },
        .inside(
            "sysctl-ipc", ["sysctl.set"], "A parameter of the ipc namespace is set",
            operations: ["read", "/proc/sys/kernel/shmmni"]
        ) {
            $0["linux.sysctl"] = ["kernel.shmmni": "1234"]
        } sabotage: {
            $0["linux.sysctl"] = nil
        } check: { inside throws(Verdict) in
            try expect("kernel.shmmni", try inside.operation("read")["text"]?.string?.trimmed, is: "1234")
        },
        .inside(
            "sysctl-mqueue", ["sysctl.set"], "A parameter of message queues is set",
            operations: ["read", "/proc/sys/fs/mqueue/msg_max"]
        ) {
            $0["linux.sysctl"] = ["fs.mqueue.msg_max": "17"]
        } sabotage: {
            $0["linux.sysctl"] = nil
        } check: { inside throws(Verdict) in
            try expect("fs.mqueue.msg_max", try inside.operation("read")["text"]?.string?.trimmed, is: "17")
        },
        .refused("sysctl-missing", ["sysctl.set", "create.cannot-apply"], "A parameter that does not exist is refused") {
            $0["linux.sysctl"] = ["net.ipv4.no_such_parameter": "1"]
        } valid: {
            $0["linux.sysctl"] = ["net.ipv4.ip_forward": "1"]
        },
        .refused("sysctl-host", ["practice.sysctl-own"], "A parameter of the whole machine is refused") {
            // The value is the default of the kernel, in case a runtime writes it.
            $0["linux.sysctl"] = ["vm.panic_on_oom": "0"]
        } valid: {
            $0["linux.sysctl"] = ["net.ipv4.ip_forward": "1"]
        },
        .refused(
            "sysctl-network-inherited", ["practice.sysctl-own"],
            "A network parameter without a network namespace of its own is refused"
        ) {
            $0.removeNamespace("network")
            $0.remove("mounts") { $0.object?["destination"]?.string == "/sys" }
            $0["linux.sysctl"] = ["net.ipv4.ip_default_ttl": "64"]
        } valid: {
            $0["linux.sysctl"] = nil
        },
        .refused("sysctl-dots", ["practice.sysctl-own"], "A parameter that climbs out of its namespace is refused") {
            $0["linux.sysctl"] = ["net.ipv4/../../vm/panic_on_oom": "0"]
        } valid: {
            $0["linux.sysctl"] = ["net.ipv4.ip_forward": "1"]
        },
    ]
}
