import Foundation
import RuntimeSpec
import Testing

@testable import Cgroups

/// The table of every resource property: what is written on v1, on v2, and which properties systemd gets.
/// `RESOURCES.md` is made from it, so that the page cannot say anything else than the tests.
@Suite struct ResourceDocument {
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("RESOURCES.md")

    static func systemd(_ row: ResourceRow, isUnified: Bool) -> [String] {
        // Values that the files refuse never get to systemd.
        let refused = ResourceTests.outcome(row.resources, isUnified ? Samples.unified : Samples.legacy)
        if refused.contains(where: { $0.contains(": ") && !$0.hasPrefix("warning") }) { return [] }
        do throws(CgroupError) {
            return try SystemdProperties(systemdVersion: 252, isUnified: isUnified, isUser: false)
                .resources(row.resources, changingDevices: false).map(\.description)
        } catch {
            return ["\(error.kind): \(error.message)"]
        }
    }

    static var text: String {
        func cell(_ lines: [String]) -> String {
            lines.isEmpty
                ? "–" : lines.map { "`" + $0.split(separator: "|").joined(separator: "\\|") + "`" }.joined(separator: "<br>")
        }
        var text = """
            # Every property of `linux.resources`

            Made from `ResourceTable.swift`; `ResourceTests` compares each cell of the first two columns with what is planned,
            `SystemdPropertyTests` those of the last two (systemd 252). With VELOCI_WRITE_DOCUMENTS=1 the tests write this page anew.
            What is planned is written on the real kernel by `KernelTests`, for every property this host has a controller for.
            Device rules have tables of their own in `DeviceProgramTests` and `DeviceListTests`.

            | property | cgroup v1 | cgroup v2 | systemd, v1 | systemd, v2 |
            | --- | --- | --- | --- | --- |

            """
        for row in ResourceRow.all {
            text += "| \(row.property) | \(cell(row.v1)) | \(cell(row.v2)) | \(cell(row.systemdV1)) | \(cell(row.systemdV2)) |\n"
        }
        return text + ResourceWatch.text
    }

    @Test func pageIsUpToDate() throws {
        if ProcessInfo.processInfo.environment["VELOCI_WRITE_DOCUMENTS"] == "1" {
            try Self.text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        guard FileManager.default.fileExists(atPath: #filePath) else {
            print("the sources are not on this machine")
            return
        }
        #expect(try String(contentsOf: Self.file, encoding: .utf8) == Self.text, "run the tests with VELOCI_WRITE_DOCUMENTS=1")
    }

    /// Every member of the specification's types has a row.
    @Test func everyPropertyHasARow() {
        var names: [String] = []
        func members(_ prefix: String, _ value: Any) {
            for child in Mirror(reflecting: value).children where child.label != "unknownMembers" {
                names.append(prefix + (child.label ?? ""))
            }
        }
        members("memory.", Memory())
        members("cpu.", CPU())
        members("pids.", Pids())
        members("blockIO.", BlockIO())
        members("network.", Network())
        for name in names + ["hugepageLimits", "rdma", "unified"] {
            #expect(ResourceRow.all.contains { $0.property.hasPrefix(name) }, "\(name)")
        }
    }
}
