import CStageWire
import LinuxKernel
import RuntimeSpec

@testable import ContainerPlan
@testable import Veloci

extension Fuzzer {
    /// What a state directory has in it: records, and the page of the stage.
    static let state = Fuzzer("state", seeds: ["r" + whole, "p\u{1}\u{2}\u{3}"]) { bytes in
        guard bytes.first == UInt8(ascii: "p") else { return record(Array(bytes.dropFirst())) }
        page(Array(bytes.dropFirst()))
    }

    /// A record with something of everything, as it is written.
    private static var whole: String {
        var record = ContainerRecord(id: "a", bundle: "/b", rootfs: "/r", created: "2026-01-01T00:00:00Z", boot: "x")
        record.annotations = ["k": "v"]
        record.process = ContainerRecord.FirstProcess(pid: 7, startTime: 9)
        record.undo = [.removeStateDirectory, .removeControlGroup(["": "/g"]), .stopUnit(name: "u", isOfUser: true)]
        record.start = [
            StepAccount(
                number: 3, text: "x", origin: JSONPath([.member("a"), .index(1)]), subject: .hook(kind: "poststart", path: "/h", timeout: 5))
        ]
        (record.rootMount, record.cacheGroups, record.controlGroupNumbers) = (9, ["/c"], ["/g": 5])
        return String(decoding: record.encoded, as: UTF8.self)
    }

    private static func record(_ bytes: [UInt8]) {
        _ = ContainerRecord.front(of: bytes)
        _ = ContainerRecord.front(bytes[...])
        guard let record = ContainerRecord(bytes) else { return }
        let written = record.encoded
        guard let again = ContainerRecord(written), let front = ContainerRecord.front(of: written) else {
            wrong("a record that was written cannot be read")
        }
        expect(front.record.id == record.id && front.record.process == record.process, "the front of a record is of another")
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
