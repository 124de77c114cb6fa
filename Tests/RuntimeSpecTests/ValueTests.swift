import RuntimeSpec
import Testing

@Suite("JSON values, paths, versions and tables")
struct ValueTests {
    @Test("a path prints and reads back")
    func paths() throws {
        let path = JSONPath([.member("linux"), .member("sysctl"), .member("net.ipv4 \"x\"]"), .index(3), .member("a-b")])
        #expect(path.description == #"linux.sysctl["net.ipv4 \"x\"]"][3].a-b"#)
        #expect(JSONPath(path.description) == path)
        #expect(JSONPath("") == JSONPath())
        #expect(JSONPath("[0][1]")?.components == [.index(0), .index(1)])
        for text in [".a", "a..b", "a.", "a[", "a[x]", "a[-1]", "a[1", "a]b[", "[0]a", #"["a]"#, #"["a"x"#, #"["a"#, #"["\"#] {
            #expect(JSONPath(text) == nil || JSONPath(text)?.description == text, "\(text)")
        }
    }

    @Test("a value changes at a path")
    func mutation() throws {
        var value = try JSONValue.decode(#"{"a":[{"b":1},2],"c":null}"#)
        value[JSONPath("a[0].b")!] = "x"
        value[JSONPath("a[2]")!] = true
        value[JSONPath("d.e.f")!] = 5
        value[JSONPath("c")!] = nil
        value[JSONPath("a[1]")!] = nil
        value[JSONPath("a[9]")!] = 1
        value[JSONPath("a[0].b.c")!] = 1
        #expect(value.encodedText() == #"{"a":[{"b":"x"},true],"d":{"e":{"f":5}}}"#)
        #expect(value[JSONPath("d.e.f")!]?.number?.integer(as: Int.self) == 5)
        #expect(value[JSONPath("d.x")!] == nil)
        #expect(value.encodedText(.pretty).hasPrefix("{\n  \"a\": [\n    {\n      \"b\": \"x\"\n    },\n    true\n  ],"))
        #expect(try JSONValue.decode("{\"a\":[],\"b\":{}}").encodedText(.pretty) == "{\n  \"a\": [],\n  \"b\": {}\n}")
    }

    @Test("numbers are exact")
    func numbers() throws {
        let number = try #require(try JSONValue.decode("18446744073709551615").number)
        #expect(number.integer(as: UInt64.self) == .max)
        #expect(number.integer(as: Int64.self) == nil)
        #expect(try JSONValue.decode("1.0").number?.integer(as: Int.self) == nil)
        #expect(try JSONValue.decode("1e400").number?.double == .infinity)
        #expect(JSONNumber(Int64.min).text == "-9223372036854775808")
        let limits = #"{"memory":{"limit":-9223372036854775808,"swap":9223372036854775807}}"#
        #expect(try Resources.decode(limits).encodedText() == limits)
    }

    @Test("versions follow SemVer 2.0.0")
    func versions() {
        let ordered = [
            "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
        ].compactMap { SemanticVersion($0) }
        #expect(ordered.count == 13)
        for (one, other) in zip(ordered, ordered.dropFirst()) { #expect(one < other && !(other < one) && one != other) }
        #expect(SemanticVersion("1.0.0+a") == SemanticVersion("1.0.0+b"))
        #expect(SemanticVersion("1.2.3-x.7+y.8")?.description == "1.2.3-x.7+y.8")
        for text in [
            "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3+", "1.2.3-01", "1.2.3-a..b", "-1.2.3", "1.2.3 ", "v1.2.3",
            "1.2.x",
            "99999999999999999999.0.0", "1.2.3-é", "١.2.3",
        ] {
            #expect(SemanticVersion(text) == nil, "\(text)")
        }
    }

    @Test("tables have what the kernel and the specification have")
    func tables() {
        #expect(Capability.names.count == 41 && Capability.allCases.count == 41)
        #expect(Capability.checkpointRestore.rawValue == 40)
        #expect(Capability(name: "CAP_SYS_ADMIN")?.rawValue == 21)
        #expect(Capability(name: "CAP_\u{212A}ILL") == nil)
        for capability in Capability.allCases { #expect(Capability(name: capability.name) == capability) }
        #expect(RlimitKind.allCases.count == 16)
        #expect(SeccompArchitecture.allCases.count == 23)
        #expect(SeccompAction.allCases.count == 9 && SeccompOperator.allCases.count == 7 && SeccompFlag.allCases.count == 4)
        let names = MountOptionTable.options.map(\.name)
        #expect(names == names.sorted() && Set(names).count == names.count)
        #expect(MountOptionTable.kind(of: "rro") == .setRecursively(.readOnly))
        #expect(MountOptionTable.kind(of: "size=1k") == nil)
        #expect(RootfsPropagation("rslave")?.recursive == true)
        #expect(RootfsPropagation("ro") == nil)
    }

    @Test("the table of mount options has all that the specification names, and what crun adds")
    func mountOptions() {
        let plain = """
            async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec \
            noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private rbind relatime remount ro rprivate \
            rshared rslave runbindable rw shared silent slave strictatime suid symfollow sync tmpcopyup unbindable idmap ridmap
            """
        let recursive = """
            ratime rdev rdiratime rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow \
            rrelatime rro rrw rstrictatime rsuid rsymfollow
            """
        let ofCrun = "copy-symlink dest-nofollow src-nofollow"
        let names = [plain, recursive, ofCrun].joined(separator: " ").split(separator: " ").map(String.init)
        #expect(Set(names) == Set(MountOptionTable.options.map(\.name)))
    }

    @Test("limits that change others need not repeat them")
    func updates() {
        #expect(Resources(memory: Memory(swap: 1 << 30)).validate().isEmpty)
        #expect(Resources(memory: Memory(limit: -1, swap: 1 << 30)).validate().map(\.path.description) == ["memory.swap"])
    }

    @Test("each recursive option does what the plain one does")
    func recursiveOptions() {
        for (name, kind) in MountOptionTable.options {
            switch kind {
            case .setRecursively(let flag): #expect(MountOptionTable.kind(of: String(name.dropFirst())) == .set(flag))
            case .clearRecursively(let flag): #expect(MountOptionTable.kind(of: String(name.dropFirst())) == .clear(flag))
            default: break
            }
        }
    }

    @Test("lists of numbers are read")
    func numberLists() {
        #expect(NumberList("0-3,7")?.ranges == [0...3, 7...7])
        #expect(NumberList("")?.isEmpty == true)
        for text in [",", "1,", "-", "1-", "-1", "2-1", "1-2-3", "a", " 1", "1\n", "+1", "9999999999"] {
            #expect(NumberList(text) == nil)
        }
    }

    @Test("a parameter's name is taken apart as sysctl does")
    func sysctlNames() {
        #expect(SysctlName.parts("net.ipv4.conf.eth0/1.x") == ["net", "ipv4", "conf", "eth0.1", "x"])
        #expect(SysctlName.parts("net/ipv4/conf/eth0.1/x") == ["net", "ipv4", "conf", "eth0.1", "x"])
        #expect(SysctlName.parts("net.ipv4.//.x") == nil)
        #expect(SysctlName.namespace(of: ["kernel", "sem"]) == .ipc)
        #expect(SysctlName.namespace(of: ["kernel", "panic"]) == nil)
    }

    @Test("a process and limits are judged on their own")
    func parts() throws {
        let process = Spec.Process(user: User(uid: 5), args: ["sh"], cwd: "x")
        #expect(process.validate().map(\.path.description) == ["cwd"])
        let linux = Linux(
            uidMappings: [IDMapping(containerID: 0, hostID: 0, size: 1)],
            gidMappings: [IDMapping(containerID: 0, hostID: 0, size: 1)],
            namespaces: [Namespace(type: "user")])
        #expect(process.validate(in: linux).map(\.path.description) == ["cwd", "user.uid"])
        #expect(Resources(pids: Pids(limit: -5)).validate().map(\.path.description) == ["pids.limit"])
        #expect(Spec(ociVersion: "1.3.0").validate().filter { $0.moment == .start }.map(\.path.description) == ["process"])
    }

    @Test("text of closed sets gets its meaning")
    func accessors() throws {
        let spec = try Spec.decode(
            #"""
            {"ociVersion": "1.3.0",
             "process": {"cwd": "/",
               "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 2}, {"type": "x", "soft": 1, "hard": 2}],
               "scheduler": {"policy": "SCHED_FIFO"}, "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4}},
             "hooks": {"poststop": [{"path": "/x"}]},
             "linux": {"namespaces": [{"type": "time"}], "rootfsPropagation": "rslave", "devices": [{"path": "/p", "type": "p"}],
               "memoryPolicy": {"mode": "MPOL_LOCAL"}, "personality": {"domain": "LINUX32"},
               "seccomp": {"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_TRAP",
                 "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_GT"}]}]}}}
            """#)
        let linux = try #require(spec.linux)
        #expect(linux.hasNamespace(.time) && !linux.hasNamespace(.pid))
        #expect(linux.rootPropagation?.propagation == .slave)
        #expect(linux.devices?.first?.kind == .namedPipe)
        #expect(linux.memoryPolicy?.policyMode == .local)
        #expect(linux.personality?.personalityDomain == .linux32)
        #expect(linux.seccomp?.defaultSeccompAction == .log)
        #expect(linux.seccomp?.syscalls?.first?.seccompAction == .trap)
        #expect(linux.seccomp?.syscalls?.first?.args?.first?.comparison == .greaterThan)
        #expect(spec.process?.rlimits?.map(\.kind) == [.openFiles, nil])
        #expect(spec.process?.scheduler?.schedulerPolicy == .fifo)
        #expect(spec.process?.ioPriority?.priorityClass == .bestEffort)
        #expect(HookKind.allCases.map { spec.hooks?.hooks($0).count } == [0, 0, 0, 0, 0, 1])
    }

    @Test("parts of a configuration are documents of their own")
    func documents() throws {
        let bytes = Array(#"{"devices":[{"allow":true,"access":"x"}],"pids":{"limit":-9}}"#.utf8)
        let (resources, problems) = Resources.check(bytes)
        #expect(resources == nil)
        #expect(problems.map(\.path.description) == ["devices[0].access", "pids.limit"])
        #expect(problems.map(\.column) == [36, 58])
        let profile = SeccompProfile(defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1)
        #expect(SeccompProfile.check(profile.encoded()).diagnostics == profile.validate().map { located($0, 1, 53) })
        #expect(Spec.Process.check(Array(#"{"cwd":"/","args":["a"]}"#.utf8)).value?.args == ["a"])
        #expect(throws: DecodingFailure.self) { try Spec.Process.decode("{") }
        do throws(DecodingFailure) {
            _ = try Spec.Process.decode(#"{"cwd":1,"args":2}"#)
        } catch {
            #expect(error.description == "1:8: cwd: is a number; must be a string\n1:17: args: is a number; must be an array")
        }
    }

    private func located(_ diagnostic: Diagnostic, _ line: Int, _ column: Int) -> Diagnostic {
        var diagnostic = diagnostic
        diagnostic.line = line
        diagnostic.column = column
        return diagnostic
    }

    @Test("warnings have no place when nobody wants it")
    func locating() {
        let bytes = Array(#"{"ociVersion":"1.9.0","root":{"path":"r"},"process":{"cwd":"/","args":["a"]},"linux":{}}"#.utf8)
        let (value, diagnostics) = Spec.check(bytes, locatesWarnings: false)
        #expect(value != nil && diagnostics.count == 1 && diagnostics[0].line == nil)
        #expect(Spec.check(bytes).diagnostics.first?.column == 15)
    }
}
