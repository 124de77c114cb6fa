import Foundation
import RuntimeSpec
import Testing

@testable import Conformance

@Suite struct ParsingTests {
    @Test func mountInfo() throws {
        let text = """
            36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue
            37 36 0:5 / /with\\040space\\134 ro - tmpfs none rw
            broken line
            """
        let mounts = MountInfo.parse(text)
        #expect(mounts.count == 2)
        #expect(mounts[0].propagation == ["master:1", "shared:7"])
        #expect(mounts[0].type == "ext3" && mounts[0].superOptions == ["rw", "errors=continue"])
        #expect(mounts[1].target == "/with space\\")
        #expect(mounts[1].propagation.isEmpty)
    }

    @Test(arguments: [("1.0.2", [1, 0, 2]), ("1.1.0-rc.1+dev", [1, 1, 0]), ("1.3.0+dev", [1, 3, 0])])
    func version(text: String, numbers: [Int]) { #expect(Version(text)?.numbers == numbers) }

    @Test(arguments: ["", "1.0", "newest", "v1.0.0", "1..0"])
    func noVersion(text: String) { #expect(Version(text) == nil) }

    @Test func versionsAreOrdered() throws {
        #expect(try #require(Version("1.0.2")) < #require(Version("1.1.0")))
        #expect(try #require(Version("1.10.0")) > #require(Version("1.9.9")))
    }

    @Test func results() {
        var result = Result(caseID: "a-case", runtime: "/usr/bin/runtime", kind: .failed, seen: "line\nline \"quoted\"")
        result.commands = ["one", "two"]
        result.isBeyondClaim = true
        let copy = Result(result.json.encodedText())
        #expect(copy?.seen == result.seen && copy?.commands == result.commands && copy?.kind == .failed)
        #expect(copy?.isBeyondClaim == true)
        #expect(Result("not JSON") == nil)
    }

    /// What stands in the place of the standard library's patterns.
    @Test func textIsChanged() {
        #expect("a..b..".parts(at: "..") == ["a", "b", ""] && "a".parts(at: "..") == ["a"] && "".parts(at: "x") == [""])
        #expect("aXbX".replaced("X", by: "yy") == "ayybyy" && "aaa".replaced("aa", by: "b") == "ba")
        #expect("some text".holds("e t") && !"some text".holds("et") && !"a".holds("ab") && "ab".holds("ab"))
        #expect("[a](b) and [c][d], [e".changed(between: "](", and: ")") { _ in "]" } == "[a] and [c][d], [e")
        #expect("x[1].y[ab]".changed(between: "[", and: "]") { Int($0) == nil ? nil : "[]" } == "x[].y[ab]")
        #expect(#"time="1" a time="2"b"#.changed(between: "time=\"", and: "\" ") { _ in "" } == #"a time="2"b"#)
        #expect(" \t a b\n".trimmed == "a b" && " ".trimmed.isEmpty)
    }

    @Test func valuesAreTold() {
        let list = ["a", "b\""]
        #expect("\(list) \([1, 2])" == #"["a", "b\""] [1, 2]"#)
        #expect(Set(["b", "a"]).told == #"["a", "b"]"# && [Int?.none, 3].told == "[nothing, 3]" && true.told == "true")
    }

    /// Quotes have no mark of a list and no address of a link.
    @Test func quotesArePlain() {
        let rules = Rule.parse("a.b\tconfig.md#a\tMUST\t1.0.0\ttext")
        func plain(_ line: String) -> String? {
            let table = "# commit newest abc\na.b\tconfig.md:1\tconfig.md:2-3\told\t\(line)"
            return Quote.parse(table, ["a.b": rules[0]])["a.b"]?.text
        }
        #expect(
            plain("* **`a`** (string, *OPTIONAL*)  - the [thing](other.md#a) of [that][ref]")
                == "`a` (string, *OPTIONAL*) - the thing of that")
        #expect(
            plain("12. It MUST.") == "It MUST." && plain("- It") == "It" && plain("1.0 is") == "1.0 is" && plain("A. b") == "A. b"
        )
    }

    @Test func options() throws {
        let options = try Options([
            "--runtime", "/bin/a", "--runtime", "b", "-j", "3", "--level", "must", "--section", "config.md",
        ])
        #expect(options.runtimes == ["/bin/a", "b"] && options.jobs == 3)
        let chosen = Suite.cases.filter(options.selects)
        #expect(!chosen.isEmpty && chosen.count < Suite.cases.count)
        #expect(chosen.allSatisfy { $0.mainRule.level == .must })
        #expect(throws: Verdict.self) { try Options(["--level", "perhaps", "--runtime", "a"]) }
        #expect(throws: Verdict.self) { try Options([]) }
        #expect(throws: Verdict.self) { try Options(["--runtime"]) }
    }

    @Test func wholeNamesAndNamesToLeaveOut() throws {
        let exact = try Options(["--runtime", "a", "--exact", "--case", "hook-env", "--case", "root-relative"])
        #expect(Suite.cases.filter(exact.selects).map(\.id).sorted() == ["hook-env", "root-relative"])
        let rest = try Options(["--runtime", "a", "--case", "hook-", "--skip", "hook-post"])
        #expect(!Suite.cases.filter(rest.selects).isEmpty)
        #expect(Suite.cases.filter(rest.selects).allSatisfy { $0.id.contains("hook-") && !$0.id.contains("hook-post") })
    }

    @Test func paceOfTheMachine() {
        #expect(Pace.factor(of: 80) == 1 && Pace.factor(of: 4000) == 4 && Pace.factor(of: 10_000_000) == 60)
    }

    @Test func trimming() {
        #expect("  a b \n".trimmed == "a b")
        #expect(" \n ".trimmed == "")
    }
}

@Suite struct ProofTests {
    private func summary(_ plain: Result.Kind, _ sabotaged: Result.Kind) -> (Summary, Case) {
        let test = Suite.cases[0]
        let runtime = Runtime(path: "/r", name: "r", version: "1", claim: "1.0.2")
        var summary = Summary(runtimes: [runtime], cases: [test], hierarchies: Hierarchies(), isProof: true)
        summary.results[.plain] = ["/r": [test.id: Result(caseID: test.id, runtime: "/r", kind: plain)]]
        summary.results[.sabotaged] = ["/r": [test.id: Result(caseID: test.id, runtime: "/r", kind: sabotaged)]]
        return (summary, test)
    }

    @Test func sabotageMustTurnGreenRed() {
        for (plain, sabotaged, proof) in [
            (Result.Kind.passed, Result.Kind.failed, Proof.proven), (.passed, .passed, .blind), (.passed, .broken, .blind),
            (.passed, .skipped, .blind), (.failed, .failed, .failed), (.declined, .declined, .declined),
            (.skipped, .skipped, .unavailable),
        ] {
            let (summary, test) = summary(plain, sabotaged)
            #expect(summary.proof(test) == proof, "\(plain) \(sabotaged)")
        }
    }

    @Test func mendingMustTurnRedGreen() {
        var (summary, test) = summary(.failed, .failed)
        for (mended, proof) in [(Result.Kind.passed, Proof.proven), (.failed, .failed), (.broken, .failed)] {
            summary.results[.mended] = ["/r": [test.id: Result(caseID: test.id, runtime: "/r", kind: mended)]]
            #expect(summary.proof(test) == proof, "\(mended)")
        }
    }

    @Test func numbersOfProofsAddUp() {
        let (summary, _) = summary(.skipped, .skipped)
        #expect(Matrix.proof(summary).contains("0 proven + 1 with a reason = 1 of 1; blind 0"))
    }

    @Test func statusTellsTheLevel() throws {
        var (summary, test) = summary(.failed, .failed)
        #expect(test.mainRule.level == .must && summary.exitStatus == 1)
        summary.results[.plain]?["/r"]?[test.id]?.isBeyondClaim = true
        #expect(summary.exitStatus == 0)
        #expect(Documents.tap(summary).contains("# \(Documents.expectedToFail) of version"))
        let should = try #require(Suite.cases.first { $0.mainRule.level == .should && $0.dispute == nil })
        summary.cases = [should]
        summary.results[.plain]?["/r"]?[should.id] = Result(caseID: should.id, runtime: "/r", kind: .failed)
        #expect(summary.exitStatus == 3 && summary.failedRules(summary.runtimes[0]) == 1)
        summary.results[.plain]?["/r"]?[should.id]?.kind = .broken
        #expect(summary.exitStatus == 4)
        let disputed = try #require(Suite.cases.first { $0.dispute != nil })
        summary.cases = [disputed]
        summary.results[.plain]?["/r"]?[disputed.id] = Result(caseID: disputed.id, runtime: "/r", kind: .failed)
        #expect(summary.exitStatus == 0)
        #expect(Documents.tap(summary).contains("# \(Documents.expectedToFail) disputed"))
    }

    @Test func exactlyWhatIsExpectedFails() {
        let (failing, test) = summary(.failed, .failed)
        let (passing, _) = summary(.passed, .failed)
        #expect(Expectation("\(test.id)  because").differences(failing).isEmpty)
        #expect(Expectation("r:\(test.id)").differences(failing).isEmpty)
        #expect(Expectation("another:\(test.id)").differences(failing).count == 1)
        #expect(Expectation("# nothing").differences(failing).count == 1)
        #expect(Expectation("# nothing").differences(passing).isEmpty)
        #expect(Expectation(test.id).differences(passing).count == 1)
        #expect(Expectation("no-such-case").differences(passing).count == 1)
        #expect(Expectation("rejected/a-document.json  because").differences(passing).isEmpty)
    }

    @Test func resultsAreTakenUpAgain() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let task = Scheduler.Task(Suite.cases[0], runtime: Runtime(path: "/r", name: "r", version: "1", claim: "1.0.2"))
        let journal = try Journal(file: file)
        #expect(journal.result(task) == nil)
        journal.append(task, Result(caseID: task.test.id, runtime: "/r", kind: .failed, seen: "something"))
        // What a run that was killed leaves.
        try (try String(contentsOfFile: file, encoding: .utf8) + "\n{\"case\": \"ha").write(
            toFile: file, atomically: true, encoding: .utf8)
        #expect(try Journal(file: file).result(task)?.seen == "something")
        #expect(try Journal(file: file).result(Scheduler.Task(task.test, runtime: task.runtime, .sabotaged)) == nil)
    }

    @Test func reportsAreWellFormed() throws {
        let (summary, test) = summary(.failed, .failed)
        #expect(Documents.tap(summary).contains("not ok 1 - r \(test.id)"))
        #expect(Documents.junit(summary).contains("<failure"))
        let json = Documents.json(summary)
        #expect(json.object?["cases"]?.array?.count == 1)
        #expect(try JSONValue.decode(json.encodedText()) == json)
    }
}
