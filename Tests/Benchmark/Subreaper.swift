import CLinux

/// Makes what descendants leave behind children of this process (PR_SET_CHILD_SUBREAPER).
func becomeSubreaper() { _ = linux_system_call(Int64(__NR_prctl), 36, 1, 0, 0, 0, 0) }
