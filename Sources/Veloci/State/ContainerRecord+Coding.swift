internal import ContainerPlan
internal import RuntimeSpec

// The record as state.json. What `state` and `list` show stands in front, so that they need not read what follows; for `list` it
// stands behind the stage's page as well.

extension ContainerRecord {
    private static let format = 2

    /// The document.
    var encoded: [UInt8] {
        var writer = JSONWriter(layout: .compact, capacity: 4096)
        writer.open("{")
        writeFront(to: &writer)
        if !controlGroupNumbers.isEmpty {
            writer.name("controlGroupNumbers")
            writer.open("{")
            for (directory, number) in controlGroupNumbers.sortedByName {
                writer.name(directory)
                writer.integer(number)
            }
            writer.close("}")
        }
        if sharesKeyring { writer.member("sharesKeyring", true) }
        if let rootMount {
            writer.name("rootMount")
            writer.integer(rootMount)
        }
        if !cacheGroups.isEmpty {
            writer.name("cacheGroups")
            writer.list(cacheGroups) { $1.string($0) }
        }
        if !streams.isEmpty {
            writer.name("streams")
            writer.list(streams) { $1.string($0) }
        }
        writer.name("undo")
        writer.list(undo) { $0.write(to: &$1) }
        writer.name("start")
        writer.list(start) { $0.write(to: &$1) }
        writer.close("}")
        return writer.bytes
    }

    /// The front alone, as a document.
    var encodedFront: [UInt8] {
        var writer = JSONWriter(layout: .compact, capacity: 1024)
        writer.open("{")
        writeFront(to: &writer)
        writer.close("}")
        return writer.bytes
    }

    private func writeFront(to writer: inout JSONWriter) {
        writer.name("format")
        writer.integer(Self.format)
        writer.member("id", id)
        writer.member("bundle", bundle)
        writer.member("rootfs", rootfs)
        writer.member("created", created)
        writer.member("boot", boot)
        if isOfRoot { writer.member("isOfRoot", true) }
        if !annotations.isEmpty { writer.member("annotations", annotations) }
        if let process {
            writer.name("process")
            writer.open("{")
            writer.name("pid")
            writer.integer(process.pid)
            writer.name("startTime")
            writer.integer(process.startTime)
            if let identity = process.identity {
                writer.name("identity")
                writer.integer(identity)
            }
            writer.close("}")
        }
        writer.member("hasOwnProcesses", hasOwnProcesses)
        writer.member("hasPoststartHooks", hasPoststartHooks)
        writer.member("freezers", recordedFreezers)
    }

    /// Nil for a document that veloci did not write, or not completely.
    init?(_ bytes: [UInt8]) {
        var reading = Reading()
        let isWhole = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe JSONReader.document(bytes) { (name, reader) throws(JSONStop) in try reading.read(name, &reader) }
        }
        guard isWhole, reading.hasFront, reading.hasUndo, reading.hasStart else { return nil }
        self = reading.record
    }

    /// The front of a record. The groups in it are those of the freezers.
    ///
    /// - Returns: nil for a document that veloci did not write, or in whose front something is missing.
    static func front(of record: [UInt8]) -> (record: ContainerRecord, freezers: [String: String])? {
        var reading = Reading()
        _ = unsafe record.withUnsafeBufferPointer { bytes in
            unsafe JSONReader.document(bytes) { (name, reader) throws(JSONStop) in
                try reading.read(name, &reader)
                if reading.freezers != nil { throw JSONStop() }
            }
        }
        // A document that was cut off is none that anybody should believe.
        guard reading.hasFront, let freezers = reading.freezers, record.last == UInt8(ascii: "}") else { return nil }
        return (reading.record, freezers)
    }

    /// The front where it stands alone, for `list`, which asks no freezer.
    ///
    /// - Returns: nil for a document that veloci did not write, or not completely.
    static func front(_ bytes: ArraySlice<UInt8>) -> ContainerRecord? {
        var reading = Reading()
        var hasFreezers = false
        let isWhole = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe JSONReader.document(bytes) { (name, reader) throws(JSONStop) in
                if !name.equals("freezers") { return try reading.read(name, &reader) }
                hasFreezers = true
                try reader.skip()
            }
        }
        return isWhole && reading.hasFront && hasFreezers ? reading.record : nil
    }

    /// A record while it is read.
    private struct Reading {
        var record = ContainerRecord(id: "", bundle: "", rootfs: "", created: "", boot: "")
        var isOfFormat = false
        var freezers: [String: String]?
        /// A bit for each member that the front must have.
        var front = 0
        var hasUndo = false
        var hasStart = false

        var hasFront: Bool { isOfFormat && front == 0b111111 }

        mutating func read(_ name: JSONName, _ reader: inout JSONReader) throws(JSONStop) {
            if try readFront(name, &reader) { return }
            if name.equals("controlGroupNumbers") {
                try reader.members { (directory, reader) throws(JSONStop) in
                    record.controlGroupNumbers[directory.string] = try reader.number()
                }
            } else if name.equals("sharesKeyring") {
                record.sharesKeyring = try reader.truth()
            } else if name.equals("rootMount") {
                record.rootMount = try reader.number()
            } else if name.equals("cacheGroups") {
                try reader.elements { (reader) throws(JSONStop) in record.cacheGroups.append(try reader.text()) }
            } else if name.equals("streams") {
                try reader.elements { (reader) throws(JSONStop) in record.streams.append(try reader.text()) }
            } else if name.equals("undo") {
                try reader.elements { (reader) throws(JSONStop) in record.undo.append(try Undo(from: &reader)) }
                hasUndo = true
            } else if name.equals("start") {
                try reader.elements { (reader) throws(JSONStop) in record.start.append(try StepAccount(from: &reader)) }
                hasStart = true
            } else {
                try reader.skip()
            }
        }

        /// False for a member that is not of the front.
        private mutating func readFront(_ name: JSONName, _ reader: inout JSONReader) throws(JSONStop) -> Bool {
            if name.equals("format") {
                isOfFormat = try reader.number() == ContainerRecord.format
            } else if name.equals("id") {
                record.id = try reader.text()
                front |= 1
            } else if name.equals("bundle") {
                record.bundle = try reader.text()
                front |= 2
            } else if name.equals("rootfs") {
                record.rootfs = try reader.text()
                front |= 4
            } else if name.equals("created") {
                record.created = try reader.text()
                front |= 8
            } else if name.equals("boot") {
                record.boot = try reader.text(likely: ContainerRecord.currentBoot)
            } else if name.equals("isOfRoot") {
                record.isOfRoot = try reader.truth()
            } else if name.equals("annotations") {
                record.annotations = try reader.texts()
            } else if name.equals("process") {
                record.process = try FirstProcess(from: &reader)
            } else if name.equals("hasOwnProcesses") {
                record.hasOwnProcesses = try reader.truth()
                front |= 16
            } else if name.equals("hasPoststartHooks") {
                record.hasPoststartHooks = try reader.truth()
                front |= 32
            } else if name.equals("freezers") {
                freezers = try reader.texts()
            } else {
                return false
            }
            return true
        }
    }
}

extension ContainerRecord.FirstProcess {
    fileprivate init(from reader: inout JSONReader) throws(JSONStop) {
        var process = ContainerRecord.FirstProcess(pid: 0, startTime: 0)
        try reader.members { (name, reader) throws(JSONStop) in
            if name.equals("pid") {
                process.pid = try reader.number()
            } else if name.equals("startTime") {
                process.startTime = try reader.number()
            } else if name.equals("identity") {
                process.identity = try reader.number()
            } else {
                try reader.skip()
            }
        }
        guard process.pid > 0 else { throw JSONStop() }
        self = process
    }
}
