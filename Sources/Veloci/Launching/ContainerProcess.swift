public import LinuxKernel

/// A program that veloci started in a container and that is a child of this process.
public final class ContainerProcess {
    /// Who made it.
    private enum Maker {
        case stage(StageProcess)
        case criu(RestoredProcess)
    }

    private let maker: Maker
    /// The host's side of its terminal, if it has one that was not sent elsewhere. Closed with this value.
    public let terminal: Int32?

    /// What hears that the program is ready, until it is.
    var notification: Notification?

    /// - Parameter terminal: owned from here on.
    init(_ stage: StageProcess, terminal: Int32?) {
        maker = .stage(stage)
        self.terminal = terminal
    }

    /// - Parameter terminal: owned from here on.
    init(_ restored: RestoredProcess, terminal: Int32?) {
        maker = .criu(restored)
        self.terminal = terminal
    }

    deinit {
        if let terminal { _ = Descriptor(owning: terminal) }
    }

    /// The process id as this process sees it.
    public var pid: Int32 {
        switch maker {
        case .stage(let stage): stage.pid
        case .criu(let restored): restored.pid
        }
    }

    /// A descriptor of the process (pidfd_open(2)) that stays valid as long as this value.
    public var processDescriptor: Int32 {
        switch maker {
        case .stage(let stage): stage.processDescriptor
        case .criu(let restored): restored.descriptor
        }
    }

    /// Sends a signal.
    public func signal(_ signal: Int32) throws(Failure) {
        do throws(KernelError) {
            try Processes.signal(number: processDescriptor, signal)
        } catch where error.errno == .noSuchProcess {
            throw Failure(.notRunning, "container not running")
        } catch {
            throw .kernel(error, "unable to signal the process")
        }
    }

    /// Waits for its end; once.
    public func wait() throws(Failure) -> ProcessEnd {
        switch maker {
        case .stage(let stage): try stage.wait()
        case .criu(let restored): try restored.wait()
        }
    }
}
