internal import ByteText
internal import CLinux
internal import CStageWire
internal import RuntimeSpec

/// Collects the records of a plan and the data that they point to.
struct RecordEncoder {
    /// Where something lies in the data; before it when it is negative, where there is room that only the stage fills.
    struct Address {
        var offset: Int
    }

    enum Argument {
        case value(UInt64)
        case address(Address)
        case slot(Slot)
    }

    private(set) var records: [stage_record] = []
    private var data = ByteBuilder(capacity: 12288)
    /// Bytes before the data.
    private var room = 0
    /// Places in the data that hold addresses.
    private var pointers: [Int] = []
    /// Records and arguments that hold addresses.
    private var addressArguments: [(record: Int, argument: Int)] = []
    private var lastShared: (text: String, address: Address)?
    var step: UInt32 = 0
    private var nextSlot: Int

    /// Where the caller's file mode mask is kept while nodes are made.
    let umaskSlot: Slot
    /// The environment of the user's program, and the entry of it that the stage writes.
    private(set) var environment = Address(offset: 0)
    private(set) var home = Address(offset: 0)

    init(slotCount: Int) {
        umaskSlot = Slot(index: slotCount)
        nextSlot = slotCount + 1
        records.reserveCapacity(512)
        addressArguments.reserveCapacity(512)
    }

    /// A slot that only the records of one step use.
    mutating func scratchSlot() -> Slot {
        defer { nextSlot += 1 }
        return Slot(index: nextSlot)
    }

    // MARK: Data

    /// Where the next word lies; addresses and structures need such a place.
    private mutating func align() -> Address {
        data.append(0, times: -data.count & 7)
        return Address(offset: data.count)
    }

    mutating func bytes(_ bytes: [UInt8]) -> Address {
        let address = align()
        data.append(bytes)
        return address
    }

    /// Text with a zero at its end.
    mutating func text(_ text: String) -> Address {
        let offset = data.count
        data.append(text)
        data.append(0)
        return Address(offset: offset)
    }

    /// Text that several records use, such as the state that all hooks of a kind get.
    mutating func shared(_ text: String) -> Address {
        if let last = lastShared, last.text == text { return last.address }
        let address = self.text(text)
        lastShared = (text, address)
        return address
    }

    mutating func words(_ words: [UInt64]) -> Address {
        let address = align()
        for word in words { data.append(word: word) }
        return address
    }

    /// A list of addresses that ends with a null pointer.
    mutating func pointerList(_ addresses: [Address]) -> Address {
        let list = align()
        for address in addresses {
            pointers.append(data.count)
            data.append(word: address.word)
        }
        data.append(word: 0)
        return list
    }

    mutating func textList(_ texts: [String]) -> Address {
        pointerList(texts.map { text($0) })
    }

    /// A structure of which some words are addresses.
    mutating func structure(_ words: [UInt64], addresses: [(index: Int, Address)]) -> Address {
        let address = self.words(words)
        for (index, target) in addresses {
            let place = address.offset + 8 * index
            data.store(target.word, at: place)
            pointers.append(place)
        }
        return address
    }

    /// Lays out the environment, with room for a HOME that only the container's own files tell.
    mutating func makeEnvironment(_ entries: [String], findsHome: Bool) {
        var addresses = entries.map { text($0) }
        if findsHome {
            home = self.room(for: 4104)
            addresses.append(home)
        }
        environment = pointerList(addresses)
    }

    /// Room that the stage fills.
    mutating func room(for count: Int) -> Address {
        room += (count + 7) / 8 * 8
        return Address(offset: -room)
    }

    // MARK: Records

    mutating func add(
        _ operation: stage_operation, _ arguments: [Argument] = [], number: Int32 = 0, result: Slot? = nil,
        tolerating errnos: [Int32] = [], flags: UInt16 = 0
    ) {
        precondition(arguments.count <= 6 && errnos.count <= 2, "a record has six arguments and tolerates two errors")
        var record = stage_record()
        record.operation = operation.rawValue
        record.step = step
        record.flags = flags
        record.number = UInt16(truncatingIfNeeded: number)
        record.result = result.map { Int32(truncatingIfNeeded: $0.index) } ?? -1
        if !errnos.isEmpty { record.tolerated.0 = UInt16(truncatingIfNeeded: errnos[0]) }
        if errnos.count > 1 { record.tolerated.1 = UInt16(truncatingIfNeeded: errnos[1]) }
        for (index, argument) in arguments.enumerated() {
            switch argument {
            case .value(let value): unsafe stage_record_set(&record, UInt32(index), stage_argument_value, value)
            case .slot(let slot): unsafe stage_record_set(&record, UInt32(index), stage_argument_slot, UInt64(slot.index))
            case .address(let address):
                unsafe stage_record_set(&record, UInt32(index), stage_argument_value, address.word)
                addressArguments.append((records.count, index))
            }
        }
        records.append(record)
    }

    mutating func call(
        _ number: Int32, _ arguments: [Argument] = [], result: Slot? = nil, tolerating errnos: [Int32] = []
    ) {
        add(stage_operation_call, arguments, number: number, result: result, tolerating: errnos)
    }

    /// Records that are passed over where a slot is not open, because the kernel refused what would have filled it.
    mutating func onlyIfOpen(_ slot: Slot, _ body: (inout RecordEncoder) -> Void) {
        let place = records.count
        add(stage_operation_skip_unless_open, [.slot(slot), .value(0)])
        body(&self)
        records[place].arguments.1 = UInt64(records.count - place - 1)
    }

    mutating func close(_ slot: Slot) {
        call(__NR_close, [.slot(slot)])
    }

    // MARK: The block

    /// Lays everything out. `descriptors` are the numbers behind the slots that the host fills.
    func block(descriptors: [Slot: Int32], failing: PlanEncodingOptions) throws(PlanError) -> [UInt8] {
        let headerSize = MemoryLayout<stage_header>.stride
        let recordSize = MemoryLayout<stage_record>.stride
        let slotsOffset = headerSize
        let recordsOffset = (slotsOffset + 4 * nextSlot + 7) / 8 * 8
        let relocationsOffset = recordsOffset + recordSize * records.count
        let relocationCount = pointers.count + addressArguments.count
        let dataOffset = (relocationsOffset + 4 * relocationCount + 7) / 8 * 8 + room
        // Every number below is one of 32 bits then: there are fewer slots, records and steps than bytes.
        guard dataOffset + data.count <= Int(UInt32.max) else {
            throw PlanError("the plan has \(dataOffset + data.count) bytes; at most \(UInt32.max) are possible", at: JSONPath())
        }

        var header = stage_header()
        header.magic = stage_magic
        header.total_size = UInt32(truncatingIfNeeded: dataOffset + data.count)
        header.slots_offset = UInt32(truncatingIfNeeded: slotsOffset)
        header.slot_count = UInt32(truncatingIfNeeded: nextSlot)
        header.records_offset = UInt32(truncatingIfNeeded: recordsOffset)
        header.record_count = UInt32(truncatingIfNeeded: records.count)
        header.relocations_offset = UInt32(truncatingIfNeeded: relocationsOffset)
        header.relocation_count = UInt32(truncatingIfNeeded: relocationCount)
        header.failing_record = UInt32(truncatingIfNeeded: failing.failingRecord ?? 0)
        header.failing_error = failing.failingRecord == nil ? 0 : failing.failingErrno
        header.trace = failing.traces ? 1 : 0

        return unsafe [UInt8](unsafeUninitializedCapacity: dataOffset + data.count) { buffer, count in
            count = buffer.count
            let block = UnsafeMutableRawBufferPointer(buffer)
            // What nothing is written to below: what is before the records, and before the data with the room in it.
            unsafe block.clear(0..<recordsOffset)
            unsafe block.clear((relocationsOffset + 4 * relocationCount)..<dataOffset)
            unsafe block.storeBytes(of: header, as: stage_header.self)
            for index in 0..<nextSlot { unsafe block.storeBytes(of: -1, toByteOffset: slotsOffset + 4 * index, as: Int32.self) }
            for (slot, number) in descriptors where slot.index < nextSlot {
                unsafe block.storeBytes(of: number, toByteOffset: slotsOffset + 4 * slot.index, as: Int32.self)
            }
            unsafe records.withUnsafeBytes { unsafe block.write($0, at: recordsOffset) }
            unsafe data.withBytes { unsafe block.write($0, at: dataOffset) }
            // What it is unless the container's own files tell.
            if home.offset < 0 {
                unsafe UnsafeMutableRawBufferPointer(rebasing: block[(dataOffset + home.offset)...]).copyBytes(
                    from: "HOME=/".utf8)
            }

            var relocation = relocationsOffset
            func relocate(_ place: Int) {
                let offset = unsafe block.loadUnaligned(fromByteOffset: place, as: UInt64.self) &+ UInt64(dataOffset)
                unsafe block.storeBytes(of: offset, toByteOffset: place, as: UInt64.self)
                unsafe block.storeBytes(of: UInt32(truncatingIfNeeded: place), toByteOffset: relocation, as: UInt32.self)
                relocation += 4
            }
            for place in pointers { relocate(dataOffset + place) }
            let argumentsOffset = recordSize - 48
            for (record, argument) in addressArguments {
                relocate(recordsOffset + recordSize * record + argumentsOffset + 8 * argument)
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func clear(_ range: Range<Int>) {
        unsafe UnsafeMutableRawBufferPointer(rebasing: self[range]).initializeMemory(as: UInt8.self, repeating: 0)
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        unsafe UnsafeMutableRawBufferPointer(rebasing: self[offset...]).copyMemory(from: bytes)
    }
}

extension RecordEncoder.Address {
    /// As it stands in the block until it is known where the data begins.
    fileprivate var word: UInt64 { UInt64(bitPattern: Int64(offset)) }
}

/// What a test or a trace asks of the stage.
public struct PlanEncodingOptions: Sendable {
    /// The record that fails instead of being performed.
    public var failingRecord: Int?
    /// The errno with which it fails.
    public var failingErrno: Int32 = 5
    /// Whether the stage notes the clock at each step.
    public var traces = false

    /// By default nothing fails and nothing is noted.
    public init(failingRecord: Int? = nil, failingErrno: Int32 = 5, traces: Bool = false) {
        self.failingRecord = failingRecord
        self.failingErrno = failingErrno
        self.traces = traces
    }
}
