import Foundation

/// A processor that the stage is compiled for. The one of this machine, and those whose kernel headers are installed beside its
/// own: a library that is built for another machine then carries the stage of that one.
struct Architecture {
    /// As Swift's `#if` has it.
    let condition: String
    /// For the Swift compiler.
    let swiftTarget: String
    /// For clang.
    let clangTarget: String
    /// The linker's emulation.
    let emulation: String
    /// Where the kernel's headers are; nil for those of this machine, which the compiler finds.
    let headers: String?

    static var possible: [Architecture] { [x86, arm].compactMap(\.self) }

    private static var x86: Architecture? {
        #if arch(x86_64)
            Architecture(
                condition: "arch(x86_64)", swiftTarget: "x86_64-unknown-linux-gnu", clangTarget: "x86_64-unknown-linux-gnu",
                emulation: "elf_x86_64", headers: nil)
        #else
            other("x86_64", "x86_64-unknown-none-elf", "elf_x86_64")
        #endif
    }

    private static var arm: Architecture? {
        #if arch(arm64)
            let headers = "/usr/include"
            return Architecture(
                condition: "arch(arm64)", swiftTarget: "aarch64-none-none-elf", clangTarget: "aarch64-linux-gnu",
                emulation: "aarch64elf",
                headers: FileManager.default.fileExists(atPath: headers + "/asm/unistd.h")
                    ? headers : headers + "/aarch64-linux-gnu")
        #else
            return other("arm64", "aarch64-none-none-elf", "aarch64elf", directory: "aarch64")
        #endif
    }

    private static func other(
        _ name: String, _ swiftTarget: String, _ emulation: String, directory: String? = nil
    ) -> Architecture? {
        let directory = directory ?? name
        let headers = "/usr/\(directory)-linux-gnu/include"
        guard FileManager.default.fileExists(atPath: headers + "/asm/unistd.h") else { return nil }
        return Architecture(
            condition: "arch(\(name))", swiftTarget: swiftTarget, clangTarget: "\(directory)-linux-gnu", emulation: emulation,
            headers: headers)
    }
}
