import RuntimeSpec
import Testing

/// Documents that are too large to be files of the repository.
@Suite("Huge documents")
struct HugeDocumentTests {
    private func spec() -> Spec {
        Spec(
            ociVersion: "1.3.0", root: Root(path: "rootfs"), process: Spec.Process(args: ["/bin/true"], cwd: "/"),
            linux: Linux(namespaces: [Namespace(type: "mount")]))
    }

    private func problems(_ spec: Spec) -> [String] { spec.validate().map(\.description) }

    @Test("a million arguments are read and are no mistake by themselves")
    func manyArguments() throws {
        var spec = spec()
        spec.process?.args = [String](repeating: "argument", count: 1_000_000)
        let (value, diagnostics) = Spec.check(spec.encoded())
        #expect(diagnostics.isEmpty)
        #expect(value == spec)
    }

    @Test("a million wrong types are listed up to a limit")
    func manyWrongTypes() {
        let elements = [String](repeating: "1", count: 1_000_000).joined(separator: ",")
        let text = #"{"ociVersion":"1.3.0","process":{"args":["# + elements + "]}}"
        let (value, diagnostics) = Spec.check(Array(text.utf8))
        #expect(value == nil)
        #expect(diagnostics.count == 201)
        #expect(diagnostics.last?.message == "there are more than 200 problems; the rest of the document was not read")
    }

    @Test("a million broken rules are listed up to a limit")
    func manyBrokenRules() throws {
        var spec = spec()
        spec.linux?.maskedPaths = [String](repeating: "relative", count: 1_000_000)
        let (value, diagnostics) = Spec.check(spec.encoded())
        #expect(value == nil)
        #expect(diagnostics.count == 1000)
    }

    @Test("a crowd of warnings does not hide an error")
    func warningsFirst() {
        var spec = spec()
        spec.process?.env = [String](repeating: "NOVALUE", count: 5000)
        spec.linux?.rootfsPropagation = "up"
        let diagnostics = spec.validate()
        #expect(diagnostics.count == 1001)
        #expect(diagnostics.last?.severity == .must)
    }

    @Test("an argument of 200 KiB is a warning, one of 2 MiB is refused")
    func longArguments() {
        var spec = spec()
        spec.process?.args = ["echo", String(repeating: "a", count: 200 << 10)]
        #expect(
            problems(spec) == [
                "process.args[1]: is 204800 bytes long; with pages of 4 KiB the kernel takes at most 131071"
            ])
        spec.process?.args = ["echo", String(repeating: "a", count: 2 << 20)]
        #expect(problems(spec) == ["process.args[1]: is 2097152 bytes long; the kernel takes at most 2097151"])
    }

    @Test("300,000 variables are compared without taking quadratic time")
    func manyVariables() {
        var spec = spec()
        spec.process?.env = (0..<300_000).map { "VARIABLE_\($0)=x" } + ["VARIABLE_7=y"]
        #expect(problems(spec) == [#"process.env[300000]: sets "VARIABLE_7" again; the last value counts"#])
    }

    @Test("65,537 groups are one too many")
    func manyGroups() {
        var spec = spec()
        spec.process?.user.additionalGids = [UInt32](repeating: 1, count: 65537)
        #expect(problems(spec) == ["process.user.additionalGids: has 65537 groups; the kernel takes at most 65536"])
    }

    @Test("5,000 mounts and 4,000 masked paths are fine")
    func manyMounts() {
        var spec = spec()
        spec.mounts = (0..<5000).map { Mount(destination: "/m/\($0)", type: "tmpfs", source: "tmpfs") }
        spec.linux?.maskedPaths = (0..<4000).map { "/proc/\($0)" }
        #expect(problems(spec).isEmpty)
    }

    @Test("names with many escapes are freed and compared unescaped")
    func escapedNames() throws {
        let members = (0..<10_000).map { #""\u0061\u002f\#($0)":"x""# }.joined(separator: ",")
        let (value, diagnostics) = Spec.check(Array(#"{"annotations":{"#.utf8) + Array(members.utf8) + Array("}}".utf8))
        #expect(value == nil)
        #expect(!diagnostics.contains { $0.message.contains("twice") })
    }
}
