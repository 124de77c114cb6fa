import CLinux
import CStageWire

extension Interpreter {
    /// The program is there, and the kernel says that a file is not: it means the one that a script names in its first line,
    /// or the loader that an ELF program names. Notes its name for the host. What cannot be read is left out.
    func noteInterpreter(of program: Path) {
        do throws(Refusal) {
            let file = unsafe Int32(
                try call(__NR_openat, word(AT_FDCWD), word(program), UInt64(O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)))
            defer { close(file) }
            try unsafe withUnsafeScratch { (bytes) throws(Refusal) in
                let count = unsafe Int(try call(__NR_pread64, word(file), word(bytes), UInt64(scratchSize), 0))
                unsafe note(bytes, nameIn: UnsafeRawBufferPointer(start: bytes, count: count))
            }
        } catch {
            return
        }
    }

    private func note(_ bytes: UnsafeMutablePointer<UInt8>, nameIn file: UnsafeRawBufferPointer) {
        guard unsafe file.count > 64 || file.count > 2 && bytes[0] == UInt8(ascii: "#") else { return }
        if unsafe bytes[0] == UInt8(ascii: "#") && bytes[1] == UInt8(ascii: "!") {
            var start = 2
            while unsafe start < file.count && isBlank(bytes[start]) { start += 1 }
            return unsafe note(file, from: start)
        }
        // The magic number, then the class: 1 has words of 32 bits, 2 of 64.
        guard unsafe bytes[0] == 0x7f, unsafe bytes[1] == UInt8(ascii: "E"), unsafe bytes[2] == UInt8(ascii: "L"),
            unsafe bytes[3] == UInt8(ascii: "F")
        else {
            return
        }
        let isWide = unsafe bytes[4] == 2
        func half(_ offset: Int) -> Int { unsafe Int(file.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
        func number(_ offset: Int) -> Int {
            unsafe isWide
                ? Int(truncatingIfNeeded: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                : Int(file.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let (headers, size, count) = (number(isWide ? 32 : 28), half(isWide ? 54 : 42), half(isWide ? 56 : 44))
        guard headers >= 0, headers < scratchSize, size >= (isWide ? 56 : 32) else { return }
        for index in 0..<count {
            let header = headers + index * size
            guard header + size <= file.count else { return }
            // PT_INTERP.
            if unsafe file.loadUnaligned(fromByteOffset: header, as: UInt32.self) != 3 { continue }
            return unsafe note(file, from: number(header + (isWide ? 8 : 4)))
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Keeps a word of the file, on the page that the host reads.
    private func note(_ file: UnsafeRawBufferPointer, from start: Int) {
        guard start >= 0 else { return }
        unsafe withUnsafeMutablePointer(to: &progress.pointee.text) { text in
            let text = UnsafeMutableRawPointer(text)
            var length = 0
            while start + length < file.count && length < Int(stage_text_size) - 1 {
                let byte = unsafe file[start + length]
                if byte == 0 || isBlank(byte) || byte == UInt8(ascii: "\n") { break }
                unsafe text.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
                length += 1
            }
            unsafe text.storeBytes(of: 0, toByteOffset: length, as: UInt8.self)
        }
    }
}
