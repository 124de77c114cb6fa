import CLinux
import Foundation
import Glibc

// Tests that count descriptors, children and mounts need a process in which nobody else has any: the test target starts
// this program once for each of its tests. It prints what is wrong, one line each, and ends with 1 if anything is.

let arguments = Array(CommandLine.arguments.dropFirst())
func explain() -> Never {
    print("usage: veloci-torture steps VARIANT create|run|exec|checkpoint|restore, kills COMMAND, refused COMMAND, races, damage, attacks, lifetimes, streams, "
            + "refusals, arguments, disks, keys, authority, exchanges, random SECONDS SEED, crowd SECONDS CONTAINERS WORKERS SEED\n"
            + "VARIANT is \(FullBundle.Variant.allCases.map(\.rawValue).joined(separator: ", "))")
    exit(2)
}
guard let subject = arguments.first else { explain() }
if subject == "exchange" && arguments.count == 3 { Attacks.exchange(arguments[1], arguments[2]) }
if subject == "plant" && arguments.count == 2 { Attacks.plant(arguments[1]) }
if subject == "keys" && !arguments.dropFirst().contains("all") { Attacks.keys(arguments.dropFirst().first) }
if subject == "leaderless" { Attacks.leaderless() }
if subject == "sloppy" { Sloppy.main(Array(arguments.dropFirst())) }
// Nobody else's mounts come and go here.
guard linux_system_call(Int64(__NR_unshare), 0x20000, 0, 0, 0, 0, 0) == 0, mount("", "/", "", 0x44000, nil) == 0 else {
    print("PROBLEM a mount namespace of its own needs root: \(String(cString: strerror(errno)))")
    exit(1)
}
// Whatever a container leaves behind becomes a child of this process.
_ = linux_system_call(Int64(__NR_prctl), 36, 1, 0, 0, 0, 0)  // PR_SET_CHILD_SUBREAPER

/// Every record, every system call, many rounds: minutes instead of seconds.
let isFull = ProcessInfo.processInfo.environment["VELOCI_TORTURE"] == "full"
let work = Work()
let report = Report()
do {
    switch subject {
    case "steps":
        guard arguments.count == 3, let variant = FullBundle.Variant(rawValue: arguments[1]) else { explain() }
        let isForCriu = ["checkpoint", "restore"].contains(arguments[2])
        let faults = StepFaults(try FullBundle(variant, in: work, isForCriu: isForCriu), report, everyRecord: isFull)
        switch arguments[2] {
        case "create": try faults.create()
        case "run": try faults.run()
        case "exec": try faults.execute()
        case "checkpoint": try faults.checkpoint()
        case "restore": try faults.restore()
        default: explain()
        }
    case "kills":
        guard arguments.count == 2, let victim = Kills.Victim(rawValue: arguments[1]) else { explain() }
        let bundle: FullBundle
        if victim.needsCriu {
            bundle = try FullBundle(.plain, in: work, command: ["/bin/sh", "-c", "while :; do sleep 0.02; done"], isForCriu: true)
        } else {
            bundle = try FullBundle(.plain, in: work)
        }
        // Each container that CRIU makes or takes is some seconds of work.
        Kills(bundle, report, samples: isFull ? .max : victim.needsCriu ? 16 : 40).all(victim)
    case "refused":
        guard arguments.count == 2, let victim = Kills.Victim(rawValue: arguments[1]), !victim.needsCriu else { explain() }
        Kills(try FullBundle(.plain, in: work), report, samples: isFull ? .max : 60).allRefused(victim)
    case "races": Races(try FullBundle(.joined, in: work), report).all(rounds: isFull ? 50 : 5)
    case "damage": try Damage(try FullBundle(.joined, in: work), report).all()
    case "attacks": try Attacks(work: work, report: report).all()
    case "lifetimes": try Attacks(work: work, report: report).lifetimes()
    case "streams": try Attacks(work: work, report: report).streams()
    case "keys": try Attacks(work: work, report: report).keys()
    case "authority": try Attacks(work: work, report: report).authority()
    case "exchanges":
        try Attacks(work: work, report: report).exchangedProc()
        try Attacks(work: work, report: report).exchangedReadOnly()
        try Attacks(work: work, report: report).ownedDevices()
    case "disks": try TinyDisks(work: work, report: report).all()
    case "refusals": try Attacks(work: work, report: report).refusals()
    case "random":
        guard arguments.count == 3, let seconds = Int(arguments[1]), let seed = UInt64(arguments[2]) else { explain() }
        try RandomTorture(work: work, report: report, seed: seed).all(seconds: seconds)
    case "crowd":
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        guard numbers.count == 4 else { explain() }
        try Crowd(work: work, report: report, containers: numbers[1], seed: UInt64(numbers[3])).all(seconds: numbers[0], workers: numbers[2])
    case "arguments": try Arguments(work: work, report: report).all()
    default:
        print("PROBLEM there is no subject \(subject)")
        explain()
    }
} catch {
    report.problem("\(subject): \(error)")
}
work.remove()
print("\(report.tried) tried, \(report.problems) problems")
exit(report.problems == 0 ? 0 : 1)
