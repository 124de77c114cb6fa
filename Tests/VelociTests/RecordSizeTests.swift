import RuntimeSpec
import Testing

@testable import Veloci

/// What veloci keeps about containers with more annotations than anybody writes.
@Suite struct RecordSizeTests {
    /// Does not end within the limit if it takes a time that grows with the square of their number.
    @Test(.timeLimit(.minutes(1))) func halfAMillionAnnotations() throws {
        var record = ContainerRecord(id: "a", bundle: "/b", rootfs: "/b/rootfs", created: "")
        for number in 0..<500_000 { record.annotations["org.example.\(number)"] = "value" }
        #expect(record.json.object?["annotations"]?.object?.members.count == 500_000)
    }

    @Test func membersOfOneNameAreOne() {
        let members = JSONMembers([.init(name: "a", value: 1), .init(name: "b", value: 2), .init(name: "a", value: 3)])
        #expect(members == ["a": 3, "b": 2])
    }
}
