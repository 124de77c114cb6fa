import CStageWire

@testable import ContainerPlan

/// An encoded plan read back as the stage reads it, with every number checked before it is believed.
struct Block {
    let bytes: [UInt8]
    let header: stage_header
    let records: [stage_record]
    /// Offsets of the words that hold offsets.
    let relocations: [Int]
    let slots: [Int32]

    struct Malformed: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    init(_ bytes: [UInt8]) throws(Malformed) {
        self.bytes = bytes
        let headerSize = MemoryLayout<stage_header>.stride
        let recordSize = MemoryLayout<stage_record>.stride
        guard bytes.count >= headerSize else { throw Malformed("\(bytes.count) bytes are no header") }
        let header = bytes.withUnsafeBytes { $0.loadUnaligned(as: stage_header.self) }
        self.header = header
        guard header.magic == stage_magic else { throw Malformed("the magic number is \(header.magic)") }
        guard Int(header.total_size) == bytes.count else { throw Malformed("\(header.total_size) is not the size") }
        func table(_ name: String, _ offset: UInt32, _ count: UInt32, _ stride: Int, after: Int) throws(Malformed) -> Int {
            let end = Int(offset) + Int(count) * stride
            guard Int(offset) >= after, end <= bytes.count, Int(offset) % min(stride, 8) == 0 else {
                throw Malformed("\(name) at \(offset), \(count) of \(stride) bytes, lie outside or overlap")
            }
            return end
        }
        let slotsEnd = try table("slots", header.slots_offset, header.slot_count, 4, after: headerSize)
        let recordsEnd = try table("records", header.records_offset, header.record_count, recordSize, after: slotsEnd)
        dataOffset = try table("relocations", header.relocations_offset, header.relocation_count, 4, after: recordsEnd)
        slots = Block.load(bytes, header.slots_offset, header.slot_count, stride: 4)
        records = Block.load(bytes, header.records_offset, header.record_count, stride: recordSize)
        let relocations: [UInt32] = Block.load(bytes, header.relocations_offset, header.relocation_count, stride: 4)
        self.relocations = relocations.map(Int.init)
    }

    /// Where the tables end and the data begins.
    let dataOffset: Int

    private static func load<Value>(_ bytes: [UInt8], _ offset: UInt32, _ count: UInt32, stride: Int) -> [Value] {
        bytes.withUnsafeBytes { buffer in
            (0..<Int(count)).map { buffer.loadUnaligned(fromByteOffset: Int(offset) + stride * $0, as: Value.self) }
        }
    }

    func word(at offset: Int) -> UInt64 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) } }

    /// The offset of an argument of a record inside the block.
    func place(record: Int, argument: Int) -> Int {
        let stride = MemoryLayout<stage_record>.stride
        return Int(header.records_offset) + stride * record + stride - 48 + 8 * argument
    }

    func arguments(_ record: Int) -> [UInt64] {
        let arguments = records[record].arguments
        return [arguments.0, arguments.1, arguments.2, arguments.3, arguments.4, arguments.5]
    }

    func kinds(_ record: Int) -> [UInt8] {
        let kinds = records[record].kinds
        return [kinds.0, kinds.1, kinds.2, kinds.3, kinds.4, kinds.5]
    }

    /// The text at an offset, up to its zero.
    func text(at offset: UInt64) throws(Malformed) -> String {
        guard offset >= UInt64(dataOffset), offset < UInt64(bytes.count) else {
            throw Malformed("text at \(offset) lies outside")
        }
        let rest = bytes[Int(offset)...]
        guard let end = rest.firstIndex(of: 0) else { throw Malformed("text at \(offset) has no end") }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    /// The texts of a list that ends with a null pointer. Every pointer in it must be relocated.
    func texts(at offset: UInt64) throws(Malformed) -> [String] {
        let known = Set(relocations)
        var texts: [String] = []
        var place = Int(offset)
        while true {
            guard place % 8 == 0, place + 8 <= bytes.count else { throw Malformed("the list at \(offset) has no end") }
            let pointer = word(at: place)
            if pointer == 0 { return texts }
            guard known.contains(place) else { throw Malformed("the pointer at \(place) would not be relocated") }
            texts.append(try text(at: pointer))
            place += 8
        }
    }
}
