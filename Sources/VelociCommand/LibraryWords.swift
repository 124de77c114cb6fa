/// The library says what can be done; by which flag is the command line's business.
enum LibraryWords {
    /// Words of the library's messages and hints, and what stands in their place. RUNC: the first is its own sentence.
    static let flags: [(words: String, flag: String)] = [
        ("cannot exec in a paused container", "cannot exec in a paused container (use --ignore-paused to override)"),
        ("a check of the document lists all", "veloci check lists all"),
        ("make no session keyring", "use --no-new-keyring"),
        ("do without pivot_root", "use --no-pivot"),
        ("a forced deletion of", "veloci delete --force"),
        ("a forced deletion removes", "use --force to remove"),
        ("force the deletion", "use --force"),
        ("choose another state root", "choose another with --root, or set XDG_RUNTIME_DIR to a directory of your own"),
        ("make it through systemd", "make it with --systemd-cgroup"),
        ("let systemd make it", "use --systemd-cgroup"),
        ("make control groups without it", "leave out --systemd-cgroup"),
        ("make control groups without systemd", "leave out --systemd-cgroup"),
        ("one path for all controllers", "one path for all controllers: --cgroup PATH"),
        ("allow established connections", "give --tcp-established"),
        ("allow file locks", "give --file-locks"),
        ("allow external unix sockets", "give --ext-unix-sk"),
        ("remap links", "give --link-remap"),
        ("leave out connections that nobody", "give --tcp-skip-in-flight to leave out connections that nobody"),
        ("without a pre-dump and its images", "without --pre-dump and --parent-path"),
        ("without lazy pages", "without --lazy-pages"),
        ("allow a job of a shell", "give --shell-job"),
        ("name the program that is meant", "name the program with --criu"),
        ("a descriptor for the status", "--status-fd"),
        ("the path of the parent's images", "--parent-path"),
        ("cannot use the images of the parent", "invalid --parent-path"),
        ("another profile of security", "--lsm-profile"),
        ("another context of mounts", "--lsm-mount-context"),
        ("give a console socket", "give --console-socket"),
    ]

    /// A text of the library with flags in it.
    static func flagged(_ text: String) -> String {
        let bytes = Array(text.utf8)
        for (words, flag) in flags {
            let sought = Array(words.utf8)
            guard sought.count <= bytes.count else { continue }
            for start in 0...(bytes.count - sought.count) where bytes[start..<start + sought.count].elementsEqual(sought) {
                return String(decoding: bytes[..<start] + Array(flag.utf8) + bytes[(start + sought.count)...], as: UTF8.self)
            }
        }
        return text
    }
}
