package import RuntimeSpec

/// One limit of a control group: what is tried, refused and reported as a whole.
package enum CgroupLimit: Equatable, Sendable {
    /// Something that must be true before anything is written.
    case use(CgroupUsageCheck)
    /// A value, or several of which each limits the others.
    case values([CgroupWrite])
    /// The lines of the device lists of version 1.
    case deviceLists([CgroupWrite])
    /// The device program of version 2.
    case deviceProgram(DeviceRules)

    /// What is done, to complete "cannot …".
    package var text: String {
        switch self {
        case .use(let check): "see that \(check)"
        case .values(let writes), .deviceLists(let writes):
            "write " + writes.map { $0.description }.joined(separator: ", ")
        case .deviceProgram: "attach the device program"
        }
    }

    /// Whether it is applied with the container's first process inside.
    package var isLate: Bool {
        switch self {
        case .use, .deviceProgram: false
        case .values(let writes), .deviceLists(let writes): writes.first?.moment == .afterJoin
        }
    }

    /// The property that asks for it.
    package var path: JSONPath {
        switch self {
        case .use(let check): check.path
        case .values(let writes), .deviceLists(let writes): writes.first?.path ?? JSONPath()
        case .deviceProgram: JSONPath([.member("linux"), .member("resources"), .member("devices")])
        }
    }
}

extension CgroupChanges {
    /// The limits of a moment, in the order in which they are applied.
    package func limits(_ moment: CgroupWrite.Moment = .beforeJoin) -> [CgroupLimit] {
        var limits: [CgroupLimit] = moment == .beforeJoin ? checks.map { .use($0) } : []
        let writes = writes.filter { $0.moment == moment }
        var index = 0
        while index < writes.count {
            let first = writes[index]
            var end = index + 1
            let isDevice = first.controller == "devices"
            // Values of one set follow each other, and so do the lines of the device lists.
            func belongs(_ write: CgroupWrite) -> Bool {
                isDevice ? write.controller == "devices" : first.set != nil && write.set == first.set
            }
            while end < writes.count, belongs(writes[end]) { end += 1 }
            let together = Array(writes[index..<end])
            limits.append(isDevice ? .deviceLists(together) : .values(together))
            index = end
        }
        if moment == .beforeJoin, let deviceRules { limits.append(.deviceProgram(deviceRules)) }
        return limits
    }
}
