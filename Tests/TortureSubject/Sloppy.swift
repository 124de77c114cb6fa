import CLinux
import Foundation
import Glibc

/// A runtime that makes every mistake that runtimes have made: paths of the container are texts that are put behind the root's,
/// descriptors are left open, values are not looked at. It is the red control of attacks that the installed runtimes withstand.
///
/// It is called like one, `run --bundle DIRECTORY ID`, and works in a mount namespace of its own.
struct Sloppy {
    private let bundle: String
    private let config: [String: Any]
    private var rootfs: String { bundle + "/rootfs" }
    private static let bindFlag: UInt = 0x1000  // MS_BIND

    static func main(_ arguments: [String]) -> Never {
        guard let index = arguments.firstIndex(of: "--bundle"), arguments.count > index + 1, arguments.contains("run"),
            let data = FileManager.default.contents(atPath: arguments[index + 1] + "/config.json"),
            let config = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            linux_system_call(Int64(__NR_unshare), 0x20000, 0, 0, 0, 0, 0) == 0, mount("", "/", "", 0x44000, nil) == 0
        else { exit(arguments.contains("delete") ? 0 : 1) }
        Sloppy(bundle: arguments[index + 1], config: config).run()
    }

    private func run() -> Never {
        // Later the working directory may name one of them (CVE-2024-21626).
        for _ in 0..<10 { _ = Glibc.open(bundle, 0o200000) }  // O_DIRECTORY
        // Every runtime puts it there; this one does not wait for the mount on /dev.
        if !FileManager.default.fileExists(atPath: rootfs + "/dev/ptmx") { symlink("pts/ptmx", rootfs + "/dev/ptmx") }
        for case let entry as [String: Any] in config["mounts"] as? [Any] ?? [] { place(entry) }
        let linux = config["linux"] as? [String: Any] ?? [:]
        for case let device as [String: Any] in linux["devices"] as? [Any] ?? [] {
            let path = rootfs + (device["path"] as? String ?? "")
            makeParents(path)
            mknod(path, S_IFCHR | 0o666, dev_t(1 << 8 | 3))
        }
        for case let path as String in linux["maskedPaths"] as? [Any] ?? [] { mask(path) }
        for (key, value) in linux["sysctl"] as? [String: String] ?? [:] where key == "kernel.msgmax" {
            // The only one that the tests mean to be written, and to a false file.
            try? value.write(toFile: rootfs + "/proc/sys/kernel/msgmax", atomically: false, encoding: .utf8)
        }
        execute(config["process"] as? [String: Any] ?? [:])
    }

    private func makeParents(_ path: String) {
        var path = path
        while path.hasSuffix("/") { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return }
        try? FileManager.default.createDirectory(atPath: String(path[..<slash]), withIntermediateDirectories: true)
    }

    private func place(_ entry: [String: Any]) {
        let path = rootfs + (entry["destination"] as? String ?? "")
        let source = entry["source"] as? String ?? ""
        makeParents(path)
        if entry["type"] as? String == "bind", FileManager.default.contents(atPath: source) != nil {
            if let file = fopen(path, "a") { fclose(file) }
        } else {
            mkdir(path, 0o755)
        }
        let type = entry["type"] as? String ?? ""
        _ = Glibc.mount(source, path, type, type == "bind" ? Self.bindFlag : 0, nil)
    }

    private func mask(_ path: String) {
        // A link is followed to where it leads on the host.
        if !FileManager.default.fileExists(atPath: rootfs + path) { return }
        _ = FileManager.default.createFile(atPath: rootfs + path + "/masked", contents: nil)
        _ = Glibc.mount(rootfs + "/dev/null", rootfs + path, "", Self.bindFlag, nil)
    }

    private func execute(_ process: [String: Any]) -> Never {
        let user = process["user"] as? [String: Any] ?? [:]
        var number = UInt32(truncatingIfNeeded: (user["uid"] as? NSNumber)?.int64Value ?? 0)
        // A number is looked up as a name (CVE-2016-3697).
        let entries = (try? String(contentsOfFile: rootfs + "/etc/passwd", encoding: .utf8)) ?? ""
        for entry in entries.split(separator: "\n").map({ $0.split(separator: ":") }) where entry.count > 2 {
            if entry[0] == "\(number)" { number = UInt32(entry[2]) ?? number }
        }
        chroot(rootfs)
        chdir(process["cwd"] as? String ?? "/")
        setuid(number)
        var list: [UnsafeMutablePointer<CChar>?] = (process["args"] as? [String] ?? []).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/bin"), nil]
        if let program = list[0] { execve(program, &list, &environment) }
        exit(126)
    }
}
