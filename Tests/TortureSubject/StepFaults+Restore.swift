import Glibc
import Veloci

extension StepFaults {
    /// Every step of a restore fails once. CRIU has to be there, and to know the kernel.
    func restore() throws {
        var options = CheckpointOptions(imagePath: bundle.work.directory + "/images")
        options.controlGroupMode = .ignore
        try writeImages(options)
        let inside = StepFaults(bundle, report, runtime, console, Machine.now(bundle.work), everyRecord)
        var wanted = request()
        wanted.detaches = true
        try inside.restoreLoop(RestoreRequest(wanted, options: options))
    }

    /// Every step of a checkpoint fails once, and the container goes on, or is all in the images.
    func checkpoint() throws {
        var wanted = CheckpointRequest(bundle.id, options: CheckpointOptions(imagePath: bundle.work.directory + "/images"))
        wanted.options.controlGroupMode = .ignore
        var container: ContainerProcess? = try runtime.run(request())
        for (number, planned) in try runtime.plan(wanted).hostSteps.enumerated() {
            report.count()
            let name = "checkpoint \(bundle.variant) host step \(number): \(planned.action.text)"
            var failing = wanted
            failing.failingHostStep = number
            do throws(Failure) {
                try runtime.checkpoint(failing)
                report.problem("\(name): the checkpoint succeeded")
            } catch {
                check(error, planned.expectation, name)
            }
            let status = try runtime.state(bundle.id).status
            guard planned.action == .deleteContainer else {
                report.expect(status == "running", "\(name): the container is \(status)")
                continue
            }
            report.expect(status == "stopped", "\(name): the container is \(status)")
            try runtime.delete(bundle.id)
            _ = try container?.wait()
            container = nil
            unlink(bundle.pidFile)
            checkNothingLeft(name, reaping: true)
        }
        _ = bundle.takeMarks()
        container = try runtime.run(request())
        let heard = Moments()
        wanted.progress = CheckpointProgress { heard.all.append($0) }
        try runtime.checkpoint(wanted)
        report.expect(heard.all.contains(.networkLock) && heard.all.last == .postDump, "heard of \(heard.all)")
        _ = try container?.wait()
        container = nil
        unlink(bundle.pidFile)
        _ = bundle.takeMarks()
        checkNothingLeft("a checkpoint without a fault", reaping: true)
    }

    private func writeImages(_ options: CheckpointOptions) throws {
        let container = try runtime.run(request())
        try runtime.checkpoint(bundle.id, options)
        _ = try container.wait()
        unlink(bundle.pidFile)
        _ = bundle.takeMarks()
    }

    private func restoreLoop(_ whole: RestoreRequest) throws {
        for (number, planned) in try runtime.plan(whole).hostSteps.enumerated() {
            var request = whole
            request.container.failingHostStep = number
            // CRIU leaves helpers to whoever adopts them.
            attempt("restore \(bundle.variant) host step \(number): \(planned.action.text)", planned.expectation, reaping: true) {
                _ = try runtime.restore(request)
            }
        }
        try live(whole)
        checkNothingLeft("a restore without a fault", reaping: true)
    }

    private func live(_ whole: RestoreRequest) throws {
        let restored = try runtime.restore(whole)
        report.expect(try runtime.state(bundle.id).status == "running", "restored, and not running")
        try runtime.delete(bundle.id, force: true)
        _ = try? restored.wait()
        unlink(bundle.pidFile)
        _ = bundle.takeMarks()
    }
}

/// What CRIU came to; the thread that asked is the one that hears.
private final class Moments: @unchecked Sendable {
    var all: [CheckpointMoment] = []
}
