/// The library knows no command line: what it says to do about a failure is put into the words of this one.
enum LibraryWords {
    /// What the library says, and what the command line says instead.
    static let table: [(library: String, command: String)] = [
        ("do without a session keyring", "use --no-new-keyring"),
        ("change the root without pivot_root", "use --no-pivot"),
        ("a check of the document lists all", "veloci check lists all"),
        ("delete it by force to remove what is left", "use veloci delete --force to remove what is left"),
        ("choose another state root", "choose another with --root"),
        ("or delete it by force", "or use --force"),
        ("ignore the pause to override", "use --ignore-paused to override"),
        ("have systemd make it", "use --systemd-cgroup"),
        ("one path for all controllers, without their names", "one path for all controllers: --cgroup PATH"),
        ("name the socket that it is sent to", "give --console-socket"),
        ("do without systemd", "leave out --systemd-cgroup"),
    ]

    /// The text in the words of the command line.
    static func translated(_ text: String) -> String {
        let bytes = Array(text.utf8)
        for (library, command) in table {
            let words = Array(library.utf8)
            guard bytes.count >= words.count else { continue }
            let last = bytes.count - words.count
            guard let start = (0...last).first(where: { bytes[$0..<$0 + words.count].elementsEqual(words) }) else { continue }
            return String(decoding: bytes[..<start] + Array(command.utf8) + bytes[(start + words.count)...], as: UTF8.self)
        }
        return text
    }
}
