internal import CStageWire

/// A plan as the stage reads it.
public struct EncodedPlan: Sendable {
    /// The block that the stage maps.
    public var bytes: [UInt8]
    /// For each record the number of its step, from 1.
    public var stepOfRecord: [Int]
}

extension Plan {
    /// The bytes for the stage. `descriptors` are the numbers of the slots that the preparation filled.
    /// - Throws: for a plan of more than four gigabytes.
    public func encode(
        descriptors: [Slot: Int32], options: PlanEncodingOptions = PlanEncodingOptions()
    ) throws(PlanError) -> EncodedPlan {
        var encoder = RecordEncoder(slotCount: slotCount)
        for case .execute(_, let environment, let home) in steps.lazy.map({ $0.action }) {
            encoder.makeEnvironment(environment, findsHome: home)
        }
        let closings = closings
        for index in steps.indices {
            encoder.step = UInt32(truncatingIfNeeded: index + 1)
            steps[index].action.encode(into: &encoder)
            closings.forEach(after: index) { encoder.close($0) }
        }
        return EncodedPlan(
            bytes: try encoder.block(descriptors: descriptors, failing: options),
            stepOfRecord: encoder.records.map { Int($0.step) })
    }
}
