import RuntimeSpec
import Testing

@testable import Veloci

/// What veloci keeps about containers with more annotations than anybody writes.
@Suite struct RecordSizeTests {
    /// Does not end within the limit if it takes a time that grows with the square of their number.
    @Test(.timeLimit(.minutes(1))) func aHundredThousandAnnotations() throws {
        var record = ContainerRecord(id: "a", bundle: "/b", rootfs: "/b/rootfs", created: "")
        for number in 0..<100_000 { record.annotations["org.example.\(number)"] = "value" }
        #expect(record.encoded.count > 2_000_000)
    }

    /// What `state` shows is a document of its own; one that was cut off is none.
    @Test func fronts() throws {
        var record = ContainerRecord(id: "a", bundle: "/b", rootfs: "/b/rootfs", created: "now", boot: "x")
        record.annotations = ["k\u{e9}y": "\"value\"\n"]
        record.process = ContainerRecord.FirstProcess(pid: 7, startTime: 42, identity: 43)
        record.undo = [
            .runPoststopHooks, .removeControlGroup(["": "/g/2", "freezer": "/g/f", "pids": "/g/p"]), .detachRoot(at: "/r"),
            .stopUnit(name: "a.scope", isOfUser: true), .moveDeviceBack("eth0"), .removePidFile("/p"), .endProcess,
            .removeCacheGroups, .removeStateDirectory,
        ]
        record.start = [
            StepAccount(number: 3, text: "go", origin: JSONPath([.member("hooks"), .index(1)]), subject: .program("sh")),
            StepAccount(
                number: 4, text: "run", origin: JSONPath([]), subject: .hook(kind: "poststart", path: "/h", timeout: 2)),
            StepAccount(number: 5, text: "enter", origin: JSONPath([]), subject: .directory("/d")),
        ]
        (record.rootMount, record.cacheGroups, record.controlGroupNumbers) = (9, ["/c"], ["/g/2": 11])
        (record.hasPoststartHooks, record.isOfRoot) = (true, true)
        #expect(ContainerRecord(record.encoded) == record)
        let front = try #require(ContainerRecord.front(record.encodedFront[...]))
        #expect(front.annotations == record.annotations && front.process == record.process && front.isOfRoot)
        let whole = try #require(ContainerRecord.front(of: record.encoded))
        #expect(whole.record.process == record.process && whole.freezers == ["": "/g/2", "freezer": "/g/f"])
        for length in 0..<record.encoded.count {
            let part = Array(record.encoded[..<length])
            #expect(part.last == UInt8(ascii: "}") || ContainerRecord.front(of: part) == nil, "cut off after \(length) bytes")
        }
        for length in 0..<record.encoded.count { #expect(ContainerRecord(Array(record.encoded[..<length])) == nil) }
        for length in 0..<record.encodedFront.count { #expect(ContainerRecord.front(record.encodedFront[..<length]) == nil) }
    }

    @Test func membersOfOneNameAreOne() {
        let members = JSONMembers([.init(name: "a", value: 1), .init(name: "b", value: 2), .init(name: "a", value: 3)])
        #expect(members == ["a": 3, "b": 2])
    }
}
