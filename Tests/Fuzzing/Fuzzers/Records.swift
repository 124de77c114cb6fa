import CStageWire
import LinuxKernel
import RuntimeSpec

@testable import ContainerPlan
@testable import Veloci

extension Fuzzer {
    /// What a state directory has in it: records, and the page of the stage.
    static let state = Fuzzer("state", seeds: [
        """
        r{"format":2,"id":"a","bundle":"/b","rootfs":"/r","created":"2026-01-01T00:00:00Z","boot":"x","hasOwnProcesses":true,\
        "hasPoststartHooks":false,"process":{"pid":7,"startTime":9},"controlGroupNumbers":{"/g":5},"undo":[{"do":"removeStateDirectory"},\
        {"do":"removeControlGroup","directories":{"":"/g"}},{"do":"stopUnit","name":"u","isOfUser":true}],\
        "start":[{"step":3,"does":"x","path":["a",1],"hook":"/h","kind":"poststart","timeout":5}],"cacheGroups":["/c"],"rootMount":9}
        """, "p\u{1}\u{2}\u{3}",
    ]) { bytes in
        guard bytes.first == UInt8(ascii: "p") else { return record(Array(bytes.dropFirst())) }
        page(Array(bytes.dropFirst()))
    }

    private static func record(_ bytes: [UInt8]) {
        guard let value = try? JSONValue.decode(bytes), let record = ContainerRecord(value) else { return }
        guard let again = ContainerRecord(record.json) else { wrong("a record that was written cannot be read") }
        expect(again == record, "a record is read as something else when it was written")
        _ = record.controlGroups
        _ = record.unit
        _ = record.freezers
        expect((record.process?.pid ?? 1) > 0, "the process \(record.process?.pid ?? 0)")
    }

    /// The numbers of a page name a step and an error, or nothing.
    private static func page(_ bytes: [UInt8]) {
        var input = Input(bytes)
        let count = input.below(4)
        let accounts = (0..<count).map { number in
            StepAccount(
                number: number, text: "do something", origin: JSONPath(),
                subject: input.pick([.other, .program("sh"), .directory("/x"), .hook(kind: "prestart", path: "/h", timeout: 3)]))
        }
        let report = ProgressPage.Report(
            phase: stage_phase(rawValue: UInt32(truncatingIfNeeded: input.word())), step: Int(input.below(300)),
            errno: .init(rawValue: Int32(truncatingIfNeeded: input.word())), detail: stage_detail(rawValue: UInt32(input.byte())),
            value: Int32(truncatingIfNeeded: input.word()), text: input.bytes())
        let account = accounts.isEmpty ? nil : accounts[report.step % accounts.count]
        let failure = StageFailure.describe(report, account, end: input.flag() ? .signalled(9) : nil)
        expect(!failure.description.isEmpty, "a failure without words")
        expect(!failure.message.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "control characters in \(failure.message)")
    }
}
