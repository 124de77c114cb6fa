import Foundation
import RuntimeSpec
import Testing

/// What apple/containerization writes is read here, and what is written here is read there. The documents are this project's own, in
/// the shape that its coding has: every text and list is there, be it empty, and its reader misses what is not.
@Suite struct OtherReadersTests {
    /// All members at their emptiest, as a coder writes them that leaves out nothing but nil.
    static let written = """
        {
          "ociVersion": "1.0.2", "hostname": "", "domainname": "", "annotations": {},
          "mounts": [
            { "type": "proc", "source": "proc", "destination": "/proc", "options": [] },
            { "type": "bind", "source": "/srv", "destination": "/srv", "options": ["bind"], "uidMappings": [], "gidMappings": [] }
          ],
          "root": { "path": "rootfs", "readonly": false },
          "process": {
            "args": ["/bin/true"], "cwd": "/", "env": [], "selinuxLabel": "", "apparmorProfile": "", "commandLine": "",
            "noNewPrivileges": false, "terminal": false, "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": 65536, "soft": 65536 }],
            "capabilities": { "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"] },
            "user": { "uid": 0, "gid": 0, "additionalGids": [], "username": "" }
          },
          "hooks": {
            "prestart": [], "createRuntime": [], "createContainer": [], "startContainer": [], "poststart": [], "poststop": []
          },
          "linux": {
            "uidMappings": [], "gidMappings": [], "sysctl": { "net.ipv4.ip_forward": "1" }, "cgroupsPath": "", "devices": [],
            "namespaces": [{ "type": "pid", "path": "" }, { "type": "mount", "path": "" }, { "type": "network", "path": "" }],
            "rootfsPropagation": "", "maskedPaths": [], "readonlyPaths": [], "mountLabel": "",
            "personality": { "domain": "LINUX", "flags": [] },
            "resources": {
              "devices": [{ "allow": false, "type": "a", "access": "rwm" }], "hugepageLimits": [], "unified": {},
              "memory": { "limit": 1073741824 }, "cpu": { "quota": 100000, "period": 100000, "cpus": "", "mems": "" },
              "pids": { "limit": 100 }, "network": { "priorities": [] }, "rdma": {},
              "blockIO": {
                "weightDevice": [], "throttleReadBpsDevice": [], "throttleWriteBpsDevice": [], "throttleReadIOPSDevice": [],
                "throttleWriteIOPSDevice": []
              }
            },
            "seccomp": {
              "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "flags": [], "listenerPath": "",
              "listenerMetadata": "",
              "syscalls": [
                {
                  "names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                  "args": [{ "index": 0, "value": 1, "valueTwo": 0, "op": "SCMP_CMP_EQ" }]
                }
              ]
            }
          }
        }
        """

    @Test func whatOthersWriteIsRead() {
        let result = Spec.check(Array(Self.written.utf8))
        #expect(result.diagnostics.filter { $0.severity == .must }.isEmpty, "\(result.diagnostics)")
    }

    /// The one name that is not the specification's, which would be a limit that nobody sets.
    @Test func misspelledPageSizeIsRefused() {
        let text = Self.written.replacingOccurrences(
            of: #""hugepageLimits": []"#, with: #""hugepageLimits": [{ "pagesize": "2MB", "limit": 0 }]"#)
        let problems = Spec.check(Array(text.utf8)).diagnostics.filter { $0.severity == .must }
        #expect(problems.contains { "\($0.path)".hasPrefix("linux.resources.hugepageLimits[0]") }, "\(problems)")
    }

    @Test func whatIsWrittenHereIsReadByOthers() throws {
        var spec = Spec.container(["/bin/true"])
        spec.hooks = Hooks(createRuntime: [Hook(path: "/bin/true", env: [])])
        spec.linux?.resources?.cpu = CPU(quota: 1000)
        spec.linux?.resources?.blockIO = BlockIO(weight: 100)
        spec.linux?.resources?.network = Network(classID: 5)
        spec.linux?.personality = Personality(domain: "LINUX")
        spec.linux?.seccomp = .container
        let read = try JSONDecoder().decode(Demanding.Document.self, from: Data(spec.complete.encoded()))
        #expect(read.linux.namespaces.count == 5 && read.linux.namespaces.allSatisfy { $0.path.isEmpty })
        #expect(spec.complete.validate().isEmpty, "\(spec.complete.validate())")
        // Without it there is nothing to test.
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Demanding.Document.self, from: Data(spec.encoded())) }
    }

    /// A reader that misses whatever is not there.
    enum Demanding {
        struct Document: Decodable {
            var ociVersion: String
            var root: Root
            var process: Process
            var hooks: Hooks?
            var linux: Linux
            struct Root: Decodable { var path: String }
            struct Process: Decodable {
                var cwd: String
                var user: User
                struct User: Decodable { var uid, gid: UInt32 }
            }
            struct Hooks: Decodable {
                var prestart, createRuntime, createContainer, startContainer, poststart, poststop: [Hook]
                struct Hook: Decodable {
                    var path: String
                    var args, env: [String]
                }
            }
        }
        struct Linux: Decodable {
            var namespaces: [Namespace]
            var resources: Resources?
            var seccomp: Seccomp?
            var personality: Personality?
            struct Namespace: Decodable { var type, path: String }
            struct Personality: Decodable {
                var domain: String
                var flags: [String]
            }
        }
        struct Resources: Decodable {
            var devices: [Device]
            var hugepageLimits: [Int]
            var cpu: CPU?
            var blockIO: BlockIO?
            var network: Network?
            struct Device: Decodable {
                var allow: Bool
                var type: String
            }
            struct CPU: Decodable { var cpus, mems: String }
            struct BlockIO: Decodable {
                var weightDevice, throttleReadBpsDevice, throttleWriteBpsDevice, throttleReadIOPSDevice, throttleWriteIOPSDevice: [Int]
            }
            struct Network: Decodable { var priorities: [Int] }
        }
        struct Seccomp: Decodable {
            var defaultAction, listenerPath, listenerMetadata: String
            var architectures, flags: [String]
            var syscalls: [Call]
            struct Call: Decodable {
                var names: [String]
                var action: String
                var args: [Argument]
            }
            struct Argument: Decodable {
                var index, value, valueTwo: UInt64
                var op: String
            }
        }
    }
}

/// What others add to a document comes out again as it came in.
@Suite struct UnknownMemberTests {
    static let text = """
        {"ociVersion":"1.3.0","process":{"args":["/x"],"cwd":"/","vendor.process":[1,{"a":null}]},"root":{"path":"r"},"mounts":[\
        {"destination":"/a","type":"tmpfs","vendorMount":"m"}],"linux":{"namespaces":[{"type":"pid","vendorNamespace":1.50}],\
        "resources":{"memory":{"limit":5,"vendorMemory":{"deep":["x"]}}}},"vendorB":true,"vendorA":"\\u00e9 or é"}
        """

    @Test func theyAreKept() throws {
        let spec = try Spec.decode(Self.text)
        let again = try JSONValue.decode(spec.encoded())
        let lost = members(try JSONValue.decode(Self.text)).subtracting(members(again))
        #expect(lost.isEmpty, "\(lost.sorted()) of \(spec.encodedText())")
        #expect(try Spec.decode(spec.encoded()) == spec)
        #expect(spec.unknownMembers["vendorB"] == .bool(true))
        #expect(spec.unknownMembers.members.map(\.name) == ["vendorB", "vendorA"])
        #expect(spec.linux?.namespaces?.first?.unknownMembers["vendorNamespace"].map { "\($0)" }?.contains("1.50") == true)
    }

    /// They make documents different, and can be set.
    @Test func theyAreValues() throws {
        var spec = try Spec.decode(Self.text)
        let before = spec
        spec.unknownMembers["vendorB"] = nil
        #expect(spec != before)
        #expect(!spec.encodedText().contains("vendorB"))
    }

    @Test(arguments: [#"{"x":1,"x":2,"ociVersion":"1.0.0"}"#, #"{"x":{"y":1,"y":1},"ociVersion":"1.0.0"}"#, #"{"x":[01],"ociVersion":""}"#])
    func theyAreJSON(text: String) {
        #expect(throws: DecodingFailure.self) { try Spec.decode(text) }
    }

    /// All members with their places, whatever their order.
    private func members(_ value: JSONValue, at place: String = "") -> Set<String> {
        switch value {
        case .object(let members):
            members.members.reduce(into: [place]) { $0.formUnion(self.members($1.value, at: place + "." + $1.name)) }
        case .array(let elements):
            elements.enumerated().reduce(into: [place]) { $0.formUnion(self.members($1.element, at: place + "[\($1.offset)]")) }
        default: ["\(place)=\(value.encodedText())"]
        }
    }
}

@Suite struct SeccompProfileTests {
    @Test func theProfileIsValid() throws {
        var spec = Spec.container(["/bin/true"])
        spec.linux?.seccomp = .container
        #expect(spec.validate().isEmpty, "\(spec.validate())")
        let names = try #require(spec.linux?.seccomp?.syscalls).map(\.names)
        #expect(Set(names[0]).isDisjoint(with: names.last ?? []) && Set(names[0]).count == names[0].count)
        #expect(!names[0].contains("mount") && names[0].contains("openat") && names.last?.contains("mount") == true)
    }
}
