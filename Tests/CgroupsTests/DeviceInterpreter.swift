/// Executes device programs: an interpreter written from the instruction set's documentation, independent of the assembler.
struct Interpreter {
    enum Fault: Error {
        case instruction(UInt64)
        case outside, tooLong, uninitialised
    }

    static func run(_ program: [UInt64], kind: UInt32, access: UInt32, major: UInt32, minor: UInt32) throws -> UInt64 {
        let context: [UInt32] = [access << 16 | kind, major, minor]
        var registers = [UInt64?](repeating: nil, count: 11)
        registers[1] = 0x1000
        var counter = 0
        func value(_ register: Int) throws -> UInt64 {
            guard let value = registers[register] else { throw Fault.uninitialised }
            return value
        }
        for _ in 0..<100_000 {
            guard program.indices.contains(counter) else { throw Fault.outside }
            let word = program[counter]
            let code = UInt8(truncatingIfNeeded: word)
            let to = Int(word >> 8 & 0xf)
            let from = Int(word >> 12 & 0xf)
            let offset = Int(Int16(truncatingIfNeeded: word >> 16))
            let immediate = UInt32(truncatingIfNeeded: word >> 32)
            counter += 1
            switch code {
            case 0x61:
                let address = Int(try value(from)) + offset - 0x1000
                guard address >= 0, address % 4 == 0, address / 4 < context.count else { throw Fault.outside }
                registers[to] = UInt64(context[address / 4])
            case 0xbc: registers[to] = try value(from) & 0xffff_ffff
            case 0x54: registers[to] = try value(to) & UInt64(immediate)
            case 0x74: registers[to] = (try value(to) & 0xffff_ffff) >> UInt64(immediate)
            case 0xb7: registers[to] = UInt64(bitPattern: Int64(Int32(bitPattern: immediate)))
            case 0x05: counter += offset
            case 0x16: if UInt32(truncatingIfNeeded: try value(to)) == immediate { counter += offset }
            case 0x56: if UInt32(truncatingIfNeeded: try value(to)) != immediate { counter += offset }
            case 0x46: if UInt32(truncatingIfNeeded: try value(to)) & immediate != 0 { counter += offset }
            case 0x95: return try value(0)
            default: throw Fault.instruction(word)
            }
        }
        throw Fault.tooLong
    }
}
