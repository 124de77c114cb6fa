@testable import Seccomp

/// A system call as a filter sees it: `struct seccomp_data` without the instruction pointer.
struct Call {
    var number: UInt32
    var architecture: UInt32
    var arguments: [UInt64] = [0, 0, 0, 0, 0, 0]

    /// The 32-bit word at a byte offset, on a little-endian machine.
    func word(at offset: UInt32) -> UInt32? {
        switch offset {
        case 0: return number
        case 4: return architecture
        case 16..<64 where offset % 4 == 0:
            let argument = arguments[Int(offset - 16) / 8]
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? argument : argument >> 32)
        default: return nil
        }
    }
}

/// Why a program cannot be run; the kernel's verifier would refuse it as well.
enum InterpreterError: Error {
    case unknownInstruction(UInt16, at: Int)
    case outOfProgram(at: Int)
    case badOffset(UInt32)
}

/// Runs a filter as the kernel does and returns its result.
func run(_ program: [SockFilter], on call: Call) throws -> UInt32 {
    var accumulator: UInt32 = 0
    var index = 0
    while true {
        guard program.indices.contains(index) else { throw InterpreterError.outOfProgram(at: index) }
        let instruction = program[index]
        let operand = instruction.operand
        index += 1
        func branch(_ taken: Bool) { index += Int(taken ? instruction.jumpTrue : instruction.jumpFalse) }
        switch instruction.code {
        case 0x20:
            guard let word = call.word(at: operand) else { throw InterpreterError.badOffset(operand) }
            accumulator = word
        case 0x54: accumulator &= operand
        case 0x05: index += Int(operand)
        case 0x15: branch(accumulator == operand)
        case 0x25: branch(accumulator > operand)
        case 0x35: branch(accumulator >= operand)
        case 0x45: branch(accumulator & operand != 0)
        case 0x06: return operand
        default: throw InterpreterError.unknownInstruction(instruction.code, at: index - 1)
        }
    }
}
