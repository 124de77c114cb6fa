internal import CLinux
internal import CStageWire
internal import RuntimeSpec

/// Hooks and the program.
extension RecordEncoder {
    mutating func runHook(_ hook: Hook, state: HookState) {
        // RUNC: inside of the container a hook that has none gets the program's environment.
        let environment = hook.env.map { textList($0) } ?? environment
        let arguments = textList(hook.args ?? [hook.path])
        add(
            stage_operation_hook,
            [
                .address(text(hook.path)), .address(arguments), .address(environment),
                .address(shared(state.text)),
                .value(UInt64(state.text.utf8.count) | UInt64(state.pidOffset) << 32),
                .value(UInt64(bitPattern: hook.milliseconds)),
            ])
    }

    mutating func findHome(uid: UInt32, root: Slot) {
        add(stage_operation_home, [.slot(root), .value(UInt64(uid)), .address(home)])
    }

    mutating func enterDirectory(_ path: ContainerPath, attempt: DirectoryAttempt) {
        add(
            stage_operation_working_directory, [.address(text(path.text)), .value(attempt.rawValue)])
    }

    mutating func findProgram(_ name: String) {
        let room = room(for: 4096)
        add(
            stage_operation_find_program,
            [.address(text(name)), .address(environment), .address(room)])
    }

    mutating func closeDescriptors() {
        call(__NR_close_range, [.value(3), .value(UInt64(UInt32.max)), .value(UInt64(CLOSE_RANGE_CLOEXEC))])
    }

    mutating func keepDescriptors(_ kept: [Int32]) {
        for number in kept.sorted() {
            call(__NR_fcntl, [.value(UInt64(number)), .value(UInt64(F_SETFD)), .value(0)])
        }
    }

    mutating func execute(arguments: [String]) {
        add(
            stage_operation_execute,
            [.address(textList(arguments)), .address(environment)])
    }
}
