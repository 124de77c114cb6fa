// The result of statx(2) under a name that cannot clash with the C library's.
#pragma once

#include <stdint.h>

/// Which fields are wanted: the basic ones, the mount's number, and the mount's number that is never used again (Linux 6.8).
enum : uint32_t { linux_statx_basic = 0x7ff, linux_statx_mount = 0x1000, linux_statx_mount_unique = 0x4000 };

struct linux_statx_record {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, unused;
    uint64_t inode, size, blocks, attributes_mask;
    int64_t times[8];
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mount_id;
    uint64_t reserved[13];
};
