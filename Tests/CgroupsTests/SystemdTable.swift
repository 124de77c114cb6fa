/// The columns of systemd in the table of resources.
extension ResourceRow {
    typealias Properties = (v1: [String], v2: [String])

    /// Properties that systemd 252 gets; rows that are not here give it none.
    static let systemdRows: [String: Properties] = [
        "memory.limit": (["MemoryLimit = 1048576"], ["MemoryMax = 1048576"]),
        "memory.limit −1": (["MemoryLimit = infinity"], ["MemorySwapMax = infinity", "MemoryMax = infinity"]),
        "memory.reservation": ([], ["MemoryLow = 4096"]),
        "memory.reservation −1": ([], ["MemoryLow = infinity"]),
        "memory.swap": (["MemoryLimit = 100"], ["MemorySwapMax = 200", "MemoryMax = 100"]),
        "memory.swap = limit": (["MemoryLimit = 100"], ["MemorySwapMax = 0", "MemoryMax = 100"]),
        "memory.swap −1": (["MemoryLimit = 100"], ["MemorySwapMax = infinity", "MemoryMax = 100"]),
        "memory.swap, limit −1": (["MemoryLimit = infinity"], ["MemorySwapMax = 300", "MemoryMax = infinity"]),
        "memory.checkBeforeUpdate": (["MemoryLimit = 100"], ["MemorySwapMax = 200", "MemoryMax = 100"]),
        "cpu.shares": (["CPUShares = 1024"], ["CPUWeight = 100"]),
        "cpu.shares 2": (["CPUShares = 2"], ["CPUWeight = 1"]),
        "cpu.shares 262144": (["CPUShares = 262144"], ["CPUWeight = 10000"]),
        "cpu.shares 512": (["CPUShares = 512"], ["CPUWeight = 59"]),
        "cpu.quota": (["CPUQuotaPerSecUSec = 500000"], ["CPUQuotaPerSecUSec = 500000"]),
        "cpu.quota −1": (["CPUQuotaPerSecUSec = infinity"], ["CPUQuotaPerSecUSec = infinity"]),
        "cpu.period": (
            ["CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = infinity"],
            ["CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = infinity"]
        ),
        "cpu.quota and period": (
            ["CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = 250000"],
            ["CPUQuotaPeriodUSec = 20000", "CPUQuotaPerSecUSec = 250000"]
        ),
        "cpu.burst": (["CPUQuotaPerSecUSec = 50000"], ["CPUQuotaPerSecUSec = 50000"]),
        "cpu.cpus": (["AllowedCPUs = [11]"], ["AllowedCPUs = [11]"]),
        "cpu.mems": (["AllowedMemoryNodes = [1]"], ["AllowedMemoryNodes = [1]"]),
        "cpu.idle": ([], ["CPUWeight = 0"]),
        "blockIO.weight": (["BlockIOWeight = 500"], ["IOWeight = 4950"]),
        "blockIO.weight 9": ([], ["IOWeight = 1"]),
        "blockIO.weight 10": (["BlockIOWeight = 10"], ["IOWeight = 1"]),
        "blockIO.weight 1000": (["BlockIOWeight = 1000"], ["IOWeight = 10000"]),
        "pids.limit": (["TasksMax = 64"], ["TasksMax = 64"]),
        "pids.limit −1": (["TasksMax = infinity"], ["TasksMax = infinity"]),
        "pids.limit 0": (["TasksMax = 1"], ["TasksMax = 1"]),
        "unified{}": ([], ["MemoryHigh = 1000"]),
        "cpu.shares 1": ([], ["CPUWeight = 1"]),
        "memory.swap without limit": ([], []),
    ]
}
