internal import CLinux

/// eBPF programs of control groups (bpf(2)).
public enum BPF {
    /// A program that is attached to a group.
    public struct Attached: Hashable, Sendable {
        /// The kernel's number for the program.
        public var identifier: UInt32
        /// The name it was loaded with, at most 15 bytes.
        public var name: String
    }

    /// Verifies and loads a program that decides about device access.
    /// - Throws: `KernelError`; `EPERM` without CAP_BPF or CAP_SYS_ADMIN in the first user namespace.
    public static func loadDeviceProgram(_ instructions: [UInt64], name: String) throws(KernelError) -> Descriptor {
        var attributes = Attributes()
        let license = Array("Apache-2.0".utf8) + [0]
        var number: Int = -1
        var failure: KernelError?
        unsafe instructions.withUnsafeBytes { program in
            unsafe license.withUnsafeBytes { license in
                attributes.set(UInt32(BPF_PROG_TYPE_CGROUP_DEVICE.rawValue), at: 0)
                attributes.set(UInt32(instructions.count), at: 4)
                unsafe attributes.set(UInt64(address: program.baseAddress), at: 8)
                unsafe attributes.set(UInt64(address: license.baseAddress), at: 16)
                for (index, byte) in name.utf8.prefix(15).enumerated() { attributes.set(byte, at: 48 + index) }
                do throws(KernelError) {
                    number = try attributes.call(BPF_PROG_LOAD.rawValue, "BPF_PROG_LOAD", on: name)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return Descriptor(owning: Int32(number))
    }

    /// Attaches a device program beside those that are attached; all of them must grant. One, named by its
    /// descriptor, may be replaced at once.
    public static func attachDeviceProgram(
        _ program: borrowing Descriptor, to group: borrowing Descriptor, replacing old: Int32? = nil
    ) throws(KernelError) {
        var attributes = Attributes()
        attributes.set(UInt32(bitPattern: group.number), at: 0)
        attributes.set(UInt32(bitPattern: program.number), at: 4)
        attributes.set(UInt32(BPF_CGROUP_DEVICE.rawValue), at: 8)
        var flags = UInt32(BPF_F_ALLOW_MULTI)
        if let old {
            flags |= UInt32(BPF_F_REPLACE)
            attributes.set(UInt32(bitPattern: old), at: 16)
        }
        attributes.set(flags, at: 12)
        _ = try attributes.call(BPF_PROG_ATTACH.rawValue, "BPF_PROG_ATTACH", on: "device program")
    }

    /// Takes a device program away from a group.
    public static func detachDeviceProgram(
        _ program: borrowing Descriptor, from group: borrowing Descriptor
    ) throws(KernelError) {
        var attributes = Attributes()
        attributes.set(UInt32(bitPattern: group.number), at: 0)
        attributes.set(UInt32(bitPattern: program.number), at: 4)
        attributes.set(UInt32(BPF_CGROUP_DEVICE.rawValue), at: 8)
        _ = try attributes.call(BPF_PROG_DETACH.rawValue, "BPF_PROG_DETACH", on: "device program")
    }

    /// The device programs of a group itself, in the order in which they were attached.
    public static func attachedDevicePrograms(to group: borrowing Descriptor) throws(KernelError) -> [Attached] {
        let number = group.number
        var identifiers = [UInt32](repeating: 0, count: 64)
        var count: UInt32 = 0
        var failure: KernelError?
        unsafe identifiers.withUnsafeMutableBytes { buffer in
            var attributes = Attributes()
            attributes.set(UInt32(bitPattern: number), at: 0)
            attributes.set(UInt32(BPF_CGROUP_DEVICE.rawValue), at: 4)
            unsafe attributes.set(UInt64(address: buffer.baseAddress), at: 16)
            attributes.set(UInt32(64), at: 24)
            do throws(KernelError) {
                _ = try attributes.call(BPF_PROG_QUERY.rawValue, "BPF_PROG_QUERY", on: "device programs")
                count = attributes.value(at: 24)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        var result: [Attached] = []
        for identifier in identifiers.prefix(Int(count)) {
            do throws(KernelError) {
                let program = try open(identifier)
                result.append(Attached(identifier: identifier, name: try name(of: program)))
            } catch where error.errno == .noEntry {
                // One that is gone meanwhile is not attached any more.
            }
        }
        return result
    }

    /// A descriptor for a loaded program.
    public static func open(_ identifier: UInt32) throws(KernelError) -> Descriptor {
        var attributes = Attributes()
        attributes.set(identifier, at: 0)
        return Descriptor(
            owning: Int32(try attributes.call(BPF_PROG_GET_FD_BY_ID.rawValue, "BPF_PROG_GET_FD_BY_ID", on: "\(identifier)")))
    }

    private static func name(of program: borrowing Descriptor) throws(KernelError) -> String {
        let number = program.number
        // struct bpf_prog_info: the name is at byte 64.
        var information = [UInt8](repeating: 0, count: 256)
        var failure: KernelError?
        unsafe information.withUnsafeMutableBytes { buffer in
            var attributes = Attributes()
            attributes.set(UInt32(bitPattern: number), at: 0)
            attributes.set(UInt32(buffer.count), at: 4)
            unsafe attributes.set(UInt64(address: buffer.baseAddress), at: 8)
            do throws(KernelError) {
                _ = try attributes.call(BPF_OBJ_GET_INFO_BY_FD.rawValue, "BPF_OBJ_GET_INFO_BY_FD", on: "program")
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return String(decoding: information[64..<80].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// union bpf_attr by byte offsets, since its anonymous members have no names in Swift.
    private struct Attributes {
        private var words = [UInt64](repeating: 0, count: 20)

        mutating func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
            unsafe words.withUnsafeMutableBytes { unsafe $0.storeBytes(of: value, toByteOffset: offset, as: Value.self) }
        }

        func value(at offset: Int) -> UInt32 {
            unsafe words.withUnsafeBytes { unsafe $0.load(fromByteOffset: offset, as: UInt32.self) }
        }

        mutating func call(_ command: UInt32, _ name: String, on object: String) throws(KernelError) -> Int {
            var result = -1
            var failure: KernelError?
            unsafe words.withUnsafeMutableBytes { bytes in
                do throws(KernelError) {
                    result = try unsafe systemCall(
                        __NR_bpf, name, on: object, UInt64(command), UInt64(address: bytes.baseAddress), UInt64(bytes.count))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return result
        }
    }
}
