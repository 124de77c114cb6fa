import Testing

@testable import RuntimeSpec

/// A configuration that was found valid is one, however it came to be what it is.
@Suite struct ValidatedSpecTests {
    private static func refusals(_ make: () throws -> ValidatedSpec) -> [String] {
        do {
            _ = try make()
            return []
        } catch {
            return (error as? DecodingFailure)?.diagnostics.filter { $0.severity == .must }.map(\.path.description) ?? [
                "\(error)"
            ]
        }
    }

    @Test func onlyValidationMakesOne() throws {
        var spec = Spec.container(["/bin/true"])
        #expect(try ValidatedSpec(spec).document == spec)
        #expect(try ValidatedSpec(spec).process.program == "/bin/true")
        #expect(ValidatedSpec.check(spec.encoded()).value?.document == spec)
        spec.process?.args = []
        #expect(Self.refusals { try ValidatedSpec(spec) } == ["process.args"])
        #expect(ValidatedSpec.check(spec.encoded()).value == nil)
        spec.process = nil
        #expect(Self.refusals { try ValidatedSpec(spec) } == ["process"])
    }

    @Test func processesAreOfTheirContainer() throws {
        var spec = Spec.container(["/bin/true"], namespaces: [.user, .mount])
        let mappings = [IDMapping(containerID: 0, hostID: 1000, size: 1)]
        spec.linux?.uidMappings = mappings
        spec.linux?.gidMappings = mappings
        let container = try ValidatedSpec(spec)
        var process = Spec.Process(args: ["/bin/true"], cwd: "/")
        #expect(try ValidatedProcess(process, in: container).arguments == ["/bin/true"])
        process.user.uid = 1
        #expect(throws: DecodingFailure.self) { try ValidatedProcess(process, in: container) }
    }

    /// The rules of when a container was made may have been others, so that only what must be there is looked for.
    @Test func whatWasKeptIsNotJudgedAgain() throws {
        var spec = Spec.container(["/bin/true"])
        spec.process?.cwd = "relative"
        #expect(try ValidatedSpec(kept: spec.encoded()).process.document.cwd == "relative")
        #expect(try ValidatedSpec(kept: spec.encoded()).unknownWord == nil)
        spec.process?.args = nil
        #expect(Self.refusals { try ValidatedSpec(kept: spec.encoded()) } == ["process.args"])
        spec.root = nil
        #expect(Self.refusals { try ValidatedSpec(kept: spec.encoded()) } == ["root"])
    }

    /// Of a newer version, perhaps.
    @Test func wordsThatWereKeptAreKnown() throws {
        func place(_ change: (inout Spec) -> Void) throws -> String? {
            var spec = Spec.container(["/bin/true"])
            change(&spec)
            return try ValidatedSpec(kept: spec.encoded()).unknownWord?.description
        }
        #expect(try place { $0.process?.scheduler = Scheduler(policy: "SCHED_NEW") } == "process.scheduler")
        #expect(try place { $0.process?.scheduler = Scheduler(policy: "SCHED_OTHER", flags: ["NEW"]) } == "process.scheduler")
        #expect(try place { $0.process?.ioPriority = IOPriority(class: "NEW", priority: 1) } == "process.ioPriority")
        #expect(try place { $0.linux?.personality = Personality(domain: "NEW") } == "linux.personality")
        #expect(try place { $0.linux?.memoryPolicy = MemoryPolicy(mode: "MPOL_NEW") } == "linux.memoryPolicy")
    }

    @Test func changesKeepItValid() throws {
        let spec = try ValidatedSpec(Spec.container(["/bin/true"], namespaces: [.mount, .pid]))
        let mapping = [IDMapping(containerID: 0, hostID: 0, size: 1)]
        let changed = [
            spec.with(uidMappings: mapping, gidMappings: mapping), spec.with(rootPath: "/other"),
            try spec.with(mounts: [Mount(destination: "/data", type: "tmpfs")]),
            spec.adding(bind: "/a", at: "/b", options: ["ro"], variable: "NAME", value: "value"),
        ]
        for one in changed {
            #expect(one != spec)
            #expect(try ValidatedSpec(one.document) == one)
        }
        #expect(changed[2].mounts.map(\.destination) == ["/data"])
        #expect(Self.refusals { try spec.with(mounts: [Mount(destination: "/data")]) } == ["mounts[0].type"])
    }
}
