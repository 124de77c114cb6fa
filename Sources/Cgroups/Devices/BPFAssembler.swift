/// One instruction of an eBPF program (Documentation/bpf/standardization/instruction-set.rst), as far as device programs
/// need them: every jump goes forward, every comparison is of 32 bits.
package enum BPFInstruction: Hashable, Sendable {
    /// A register, r0 to r10.
    package typealias Register = UInt8
    /// A place in the program that has a name until it has a number.
    package typealias Label = Int

    /// `to = *(u32 *)(base + offset)`
    case load(to: Register, base: Register, offset: Int16)
    /// `to = from`, the upper half zero
    case copy(to: Register, from: Register)
    /// `register &= mask`
    case and(Register, UInt32)
    /// `register >>= bits`
    case shiftRight(Register, UInt32)
    /// `register = value`
    case set(Register, UInt32)
    case jump(Label)
    case jumpIfEqual(Register, UInt32, Label)
    case jumpIfNotEqual(Register, UInt32, Label)
    /// Jumps if a bit of the mask is set.
    case jumpIfAny(Register, UInt32, Label)
    case exit
    /// Names the next instruction; is none itself.
    case label(Label)
}

/// Turns instructions with labels into the words that the kernel takes.
struct BPFAssembler {
    private(set) var instructions: [BPFInstruction] = []
    private var labels = 0

    mutating func newLabel() -> BPFInstruction.Label {
        labels += 1
        return labels - 1
    }

    mutating func emit(_ instruction: BPFInstruction) { instructions.append(instruction) }

    /// The program, one word for each instruction in the byte order of the machine (struct bpf_insn).
    /// - Returns: nil when a jump is longer than 32767 instructions.
    func assembled() -> [UInt64]? {
        var places: [BPFInstruction.Label: Int] = [:]
        var position = 0
        for instruction in instructions {
            if case .label(let label) = instruction { places[label] = position } else { position += 1 }
        }
        var words: [UInt64] = []
        for instruction in instructions {
            func distance(_ label: BPFInstruction.Label) -> Int16? {
                places[label].flatMap { Int16(exactly: $0 - words.count - 1) }
            }
            switch instruction {
            case .load(let to, let base, let offset): words.append(BPFAssembler.word(0x61, to, base, offset, 0))
            case .copy(let to, let from): words.append(BPFAssembler.word(0xbc, to, from, 0, 0))
            case .and(let register, let mask): words.append(BPFAssembler.word(0x54, register, 0, 0, mask))
            case .shiftRight(let register, let bits): words.append(BPFAssembler.word(0x74, register, 0, 0, bits))
            case .set(let register, let value): words.append(BPFAssembler.word(0xb7, register, 0, 0, value))
            case .exit: words.append(BPFAssembler.word(0x95, 0, 0, 0, 0))
            case .label: continue
            case .jump(let label):
                guard let distance = distance(label) else { return nil }
                words.append(BPFAssembler.word(0x05, 0, 0, distance, 0))
            case .jumpIfEqual(let register, let value, let label):
                guard let distance = distance(label) else { return nil }
                words.append(BPFAssembler.word(0x16, register, 0, distance, value))
            case .jumpIfNotEqual(let register, let value, let label):
                guard let distance = distance(label) else { return nil }
                words.append(BPFAssembler.word(0x56, register, 0, distance, value))
            case .jumpIfAny(let register, let mask, let label):
                guard let distance = distance(label) else { return nil }
                words.append(BPFAssembler.word(0x46, register, 0, distance, mask))
            }
        }
        return words
    }

    private static func word(_ code: UInt8, _ to: UInt8, _ from: UInt8, _ offset: Int16, _ value: UInt32) -> UInt64 {
        // Little-endian machines only: x86-64 and arm64.
        UInt64(code) | UInt64(to | from << 4) << 8 | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(value) << 32
    }
}
