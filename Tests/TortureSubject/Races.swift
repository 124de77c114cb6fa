import Glibc

/// Several commands on one container at the same time.
struct Races {
    let bundle: FullBundle
    let report: Report
    let executable: Executable
    let before: Machine

    init(_ bundle: FullBundle, _ report: Report) {
        self.bundle = bundle
        self.report = report
        executable = Executable(bundle.work)
        before = Machine.now(bundle.work)
    }

    func all(rounds: Int) {
        for round in 1...rounds {
            creating(round)
            starting(round)
            deleting(round)
            creatingAndDeleting(round)
        }
    }

    private func startCreate() -> Command { executable.start("create", "--bundle", bundle.directory, bundle.id) }

    private func creating(_ round: Int) {
        report.count()
        let outcomes = (0..<8).map { _ in startCreate() }.map { $0.wait() }
        let winners = outcomes.count { $0.status == 0 }
        report.expect(winners == 1, "round \(round): \(winners) of 8 creations won")
        for loser in outcomes where loser.status != 0 && !loser.output.contains("already exists") {
            report.problem("round \(round): the loser of a race says: \(loser.output)")
        }
        report.expect(executable.status(bundle.id) == "created", "round \(round): the winner's container is not created")
        finish("parallel create")
    }

    private func starting(_ round: Int) {
        report.count()
        _ = startCreate().wait()
        let outcomes = (0..<8).map { _ in executable.start("start", bundle.id) }.map { $0.wait() }
        let winners = outcomes.count { $0.status == 0 }
        report.expect(winners == 1, "round \(round): \(winners) of 8 starts won: \(outcomes.map(\.output))")
        report.expect(executable.status(bundle.id) == "running", "round \(round): the container does not run")
        finish("parallel start")
    }

    private func deleting(_ round: Int) {
        report.count()
        _ = startCreate().wait()
        if round % 2 == 0 { executable.run("start", bundle.id) }
        let outcomes = (0..<8).map { _ in executable.start("delete", "--force", bundle.id) }.map { $0.wait() }
        for outcome in outcomes where outcome.status != 0 {
            report.problem("round \(round): a parallel delete --force gives \(outcome.status): \(outcome.output)")
        }
        finish("parallel delete")
    }

    private func creatingAndDeleting(_ round: Int) {
        report.count()
        let commands = (0..<4).flatMap { _ in [startCreate(), executable.start("delete", "--force", bundle.id)] }
        for (index, outcome) in commands.map({ $0.wait() }).enumerated() where index % 2 == 1 && outcome.status != 0 {
            report.problem("round \(round): delete --force beside create gives \(outcome.status): \(outcome.output)")
        }
        finish("create beside delete")
        let again = startCreate().wait()
        report.expect(again.status == 0, "round \(round): the id cannot be used again: \(again.output)")
        finish("create after the race")
    }

    private func finish(_ name: String) {
        let deletion = executable.run("delete", "--force", bundle.id)
        report.expect(deletion.status == 0, "\(name): delete --force gives \(deletion.status): \(deletion.output)")
        _ = bundle.takeMarks()
        let left = Machine.left(bundle.work, since: before, reaping: true)
        if !left.isEmpty { report.problem("\(name): left behind: \(left.joined(separator: "; "))") }
    }
}
