internal import CLinux
internal import CStageWire
internal import ContainerPlan
internal import LinuxKernel

/// The host's end of the gates. A message is one gate; what else comes is an error, and no gate is made of it.
enum GateSocket {
    /// The gate at which the stage waits; nil when it has closed its end, or has ended.
    static func receive(from socket: Int32) throws(Failure) -> Gate? {
        var message = stage_gate_message()
        let size = MemoryLayout<stage_gate_message>.size
        do throws(KernelError) {
            let count = try unsafe withUnsafeMutablePointer(to: &message) { (pointer) throws(KernelError) in
                try unsafe systemCall(
                    __NR_read, "read", on: "gate", UInt64(descriptor: socket), UInt64(address: pointer), UInt64(size))
            }
            if count != size { return nil }
        } catch {
            // ECONNRESET: the stage ended while an answer was under way.
            if error.errno.name == "ECONNRESET" { return nil }
            throw .kernel(error, "cannot hear from the container's process")
        }
        guard let gate = Gate(rawValue: message.gate) else {
            throw Failure(.internalError, "the stage is at a gate that does not exist: \(message.gate)")
        }
        return gate
    }

    /// Lets the stage go on.
    static func answer(_ gate: Gate, over socket: Int32) throws(KernelError) {
        var message = stage_gate_message(gate: gate.rawValue, value: 0)
        try unsafe withUnsafeMutablePointer(to: &message) { (pointer) throws(KernelError) in
            // Not write: when the stage has ended, its signal would end us or the program that we are part of.
            _ = try unsafe systemCall(
                __NR_sendto, "send", on: "gate", UInt64(descriptor: socket), UInt64(address: pointer),
                UInt64(MemoryLayout<stage_gate_message>.size), UInt64(MSG_NOSIGNAL), 0, 0)
        }
    }
}
