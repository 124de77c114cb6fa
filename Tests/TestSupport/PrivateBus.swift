internal import Foundation
internal import DBus
internal import LinuxKernel

/// The distribution's message bus with a socket of its own, for one test.
package final class PrivateBus {
    package static let program = "/usr/bin/dbus-daemon"
    package static let isInstalled = FileManager.default.isExecutableFile(atPath: program)
    private let directory: String
    package var address: String { busAddress(ofSocket: directory + "/bus") }
    private let process: Int32

    package init() throws {
        directory = NSTemporaryDirectory() + "veloci-bus-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let configuration = """
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>session</type><listen>unix:path=\(directory)/bus</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
            </busconfig>
            """
        try configuration.write(toFile: directory + "/bus.conf", atomically: true, encoding: .utf8)
        (_, process) = try Processes.spawn(
            SpawnRequest(
                path: Self.program,
                arguments: [Self.program, "--config-file=\(directory)/bus.conf", "--nofork", "--nopidfile", "--nosyslog"],
                environment: []))
        let deadline = Deadline(milliseconds: 5000)
        // The socket is there a moment before somebody listens.
        while !isListening, !deadline.hasPassed { usleep(2000) }
    }

    private var isListening: Bool {
        do {
            let socket = try StreamSockets.connect(directory + "/bus", before: Deadline(milliseconds: 0))
            return socket.number >= 0
        } catch {
            return false
        }
    }

    deinit {
        let process = Descriptor(owning: self.process)
        try? Processes.signal(process, 9)
        _ = try? Processes.wait(for: process)
        try? FileManager.default.removeItem(atPath: directory)
    }
}
