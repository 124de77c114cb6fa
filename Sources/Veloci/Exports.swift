// What this library's functions take and give back can be named after one import: configurations and their problems, plans,
// statistics, the kernel's error numbers. What else these modules have is for who imports them.
@_exported public import struct Cgroups.CgroupStatistics
@_exported public import struct ContainerPlan.CheckpointOptions
@_exported public import enum ContainerPlan.ControlGroupManager
@_exported public import struct ContainerPlan.Plan
@_exported public import struct LinuxKernel.Errno
@_exported public import RuntimeSpec
