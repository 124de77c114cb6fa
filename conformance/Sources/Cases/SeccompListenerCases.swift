import CHarness
import RuntimeSpec

/// config-linux.md#seccomp and #the-container-process-state: the agent that is notified.
enum SeccompListenerCases {
    /// A container with SCMP_ACT_NOTIFY, whose listener is the harness.
    static func listening(
        _ id: String, _ rules: [String], _ title: String, flags: [JSONValue] = [],
        check: @escaping @Sendable (Trial, UnixSocket.Delivery, JSONMembers) throws(Verdict) -> Void
    ) -> Case {
        .steps(
            id, rules, title, sabotage: .configuration { $0["linux.seccomp"] = SeccompCases.profile("SCMP_ACT_ERRNO") }
        ) { trial throws(Verdict) in
            let path = trial.directory + "/seccomp.sock"
            let socket = try UnixSocket(path)
            trial.bundle["linux.seccomp"] = SeccompCases.profile("SCMP_ACT_NOTIFY")
            trial.bundle["linux.seccomp.listenerPath"] = .string(path)
            trial.bundle["linux.seccomp.listenerMetadata"] = "opaque data"
            if !flags.isEmpty { trial.bundle["linux.seccomp.flags"] = .array(flags) }
            trial.bundle["annotations"] = ["com.example.key": "value"]
            trial.bundle.operations = ["echo", "ran"]
            try trial.succeed("create", try trial.create())
            // The filter may be loaded by create or, as a part of process, by start.
            var delivery = socket.accept(milliseconds: 300)
            try trial.succeed("start", try trial.start())
            if delivery == nil { delivery = socket.accept(milliseconds: 1000) }
            guard let delivery else {
                throw Verdict.failed(expected: "a connection to listenerPath", seen: "none")
            }
            defer { for descriptor in delivery.descriptors { close(descriptor) } }
            let text = String(decoding: delivery.bytes, as: UTF8.self)
            guard let state = (try? JSONValue.decode(text))?.object else {
                throw Verdict.failed(expected: "one JSON document", seen: text)
            }
            try check(trial, delivery, state)
        }
    }

    static let cases: [Case] = [
        listening(
            "seccomp-listener-descriptor", ["seccomp.listener.socket", "seccomp.listener.fd", "processState.payload"],
            "The listener gets the descriptor of the filter, named seccompFd, with the first bytes"
        ) { (_, delivery, state) throws(Verdict) in
            try expect("fds", state["fds"]?.array?.compactMap { $0.string } ?? [], is: ["seccompFd"])
            try expect("descriptors", delivery.descriptors.count, is: 1)
            try expect("what it is", Files.link("/proc/self/fd/\(delivery.descriptors[0])"), is: "anon_inode:seccomp notify")
            try expect(delivery.descriptorsCameFirst, "the descriptor comes with the first bytes", seen: "later")
        },
        listening("seccomp-listener-closed", ["seccomp.listener.one"], "The connection is closed after one state") {
            (_, delivery, _) throws(Verdict) in
            try expect(delivery.isClosed, "a closed connection", seen: "an open one")
        },
        listening("seccomp-listener-metadata", ["seccomp.listenerMetadata"], "listenerMetadata comes as metadata") {
            (_, _, state) throws(Verdict) in
            try expect("metadata", state["metadata"]?.string, is: "opaque data")
        },
        listening(
            "seccomp-listener-state", ["processState.members"],
            "The process's state has ociVersion, pid, and the container's state"
        ) { (trial, _, state) throws(Verdict) in
            try expect(state["ociVersion"]?.string.flatMap(Version.init) != nil, "ociVersion", seen: "\(state)")
            try expect("pid", state["pid"]?.integer, is: Int(trial.pid() ?? 0))
            let inner = state["state"]?.object
            try expect("state.id", inner?["id"]?.string, is: trial.id)
            try expect("state.bundle", inner?["bundle"]?.string, is: trial.bundleDirectory)
            try expect("state.pid", inner?["pid"]?.integer, is: Int(trial.pid() ?? 0))
            try expect("state.status", inner?["status"]?.string, is: "creating")
            try expect("annotation", inner?["annotations"]?.object?["com.example.key"]?.string, is: "value")
        },
        .steps(
            "seccomp-listener-ignored", ["seccomp.listener.ignored"], "Without SCMP_ACT_NOTIFY listenerPath is not used",
            sabotage: .configuration {
                $0["linux.seccomp"] = SeccompCases.profile("SCMP_ACT_NOTIFY")
                $0["linux.seccomp.listenerPath"] = "/nowhere/socket"
            }
        ) { trial throws(Verdict) in
            trial.bundle["linux.seccomp"] = SeccompCases.profile("SCMP_ACT_ERRNO")
            trial.bundle["linux.seccomp.listenerPath"] = "/nowhere/socket"
            trial.bundle.operations = SeccompCases.attempt
            try expect("errno of the call", try trial.run().errno("call"), is: 1)
        },
    ]
}
