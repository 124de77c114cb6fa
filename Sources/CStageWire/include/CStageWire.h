// What host and stage share: the encoded plan, the page on which the stage reports its progress, and the gates.
//
// The plan is one block of memory: header, slots, records, relocations, data. Every address in it is an offset from the
// start of the block; the relocations name the 64-bit words that the stage turns into addresses by adding the block's own.
#pragma once

#include <stdint.h>

enum : uint64_t { stage_magic = 0x31676174732e6576ULL };

struct stage_header {
    uint64_t magic;
    uint32_t total_size;         // bytes of the whole block
    uint32_t slots_offset;       // int32_t per slot: descriptors, given by the host or opened by a step
    uint32_t slot_count;
    uint32_t records_offset;
    uint32_t record_count;
    uint32_t relocations_offset; // uint32_t offsets of words that hold offsets
    uint32_t relocation_count;
    uint32_t failing_record;     // for tests: this record fails with failing_error instead of being performed
    int32_t failing_error;       // 0 when nothing is to fail
    uint32_t trace;              // 1: note the clock at each step
};

enum stage_operation : uint16_t {
    stage_operation_call = 1,          // the system call `number` with the six arguments
    stage_operation_gate,              // report gate a0 to the host, wait for its answer
    stage_operation_fork,              // clone a child that takes over, with namespaces a0; the parent ends
    stage_operation_make_target,       // open a1 (path) below slot a0, made as the source in slot a2 is; see flags
    stage_operation_mask,              // cover path a1 below slot a0 with slot a2 (null device) or a3 (empty directory); it is
                                       // found as a5 on the mount in slot a4, unless that is -1; see flags
    stage_operation_read_only,         // make path a1 below slot a0 read-only; a4, a5 and flags as for mask
    stage_operation_device,            // make the node a1 below slot a0: a2 mode, a3 device, a4 uid, a5 gid
    stage_operation_link,              // make the symbolic link a1 below slot a0, pointing to a2; a3: what if it exists
    stage_operation_hook,              // run a0 with argv a1, envp a2, stdin a3, at most a5 milliseconds; a4: bytes of
                                       // stdin and, in the upper half, where its ten places for the pid begin
    stage_operation_send_descriptor,   // send slot a1 over socket a0 with the text a2 of a3 bytes
    stage_operation_working_directory, // chdir to a0; a1: 1 tolerates EACCES, 2 is the second try
    stage_operation_find_program,      // look for a0 in the PATH of envp a1; a2 is room for 4096 bytes
    stage_operation_execute,           // execute what find_program found with argv a0, envp a1
    stage_operation_home,              // write HOME= of uid a1 from /etc/passwd below slot a0 into a2 (room for 4096 bytes)
    stage_operation_own_standard,      // give descriptors 0…2 to uid a0; devices such as null become those below slot a1
    stage_operation_wait_start,        // wait for one byte on slot a0
    stage_operation_reset_signals,     // no signal ignored, none blocked
    stage_operation_check_magic,       // slot a0 must lie on the file system with the magic number a1, and be its inode a2
                                       // unless that is 0
    stage_operation_check_null,        // slot a0 must be the null device
    stage_operation_copy_slot,         // slot result = slot a0
    stage_operation_listener,          // note slot a0 for the host, then pass gate a1; a2: recvfrom, not read
    stage_operation_directory,         // make the directory a1 below slot a0 and those above it, where they are missing
    stage_operation_copy_mode,         // give the file system in the making of slot a0 the mode of slot a1, if that is open
    stage_operation_copy_tree,         // fill the file system of slot a0 with what the directory of slot a1 has, if that is open; a2: 1
                                       // leaves its root's owner
    stage_operation_tree_unless,       // slot result = slot a0 if that is open, else the mounts at path a1, opened with flags a2
    stage_operation_skip_unless_open,  // pass over the next a1 records if slot a0 is not open
    stage_operation_unmount,           // detach the mount of slot a0, by its name in the proc file system of slot a1
    stage_operation_end,               // the end, without a program
    stage_operation_end_on_signals,    // the first process of a pid namespace ends at signals that ask for it
};

// Flags of make_target.
enum : uint64_t {
    stage_target_directory = 1,        // the target is a directory whatever the source slot holds
    stage_target_file = 2,             // the target is a file
    stage_target_no_symlinks = 4,      // no symbolic link on the way, also not inside the root
    stage_target_refuse_proc = 8,      // the target must not lie on a proc file system
    stage_target_existing = 16,        // do not make what is missing
    stage_target_no_follow = 32,       // a symbolic link at the end of the path is the target itself
};

// What stage_operation_link does about what is there.
enum : uint64_t {
    stage_link_leave = 0,              // whatever it is
    stage_link_replace,                // take it away first
    stage_link_compare,                // it must be the same link
};

// Flags of mask and read_only.
enum : uint16_t {
    stage_hide_again = 1,              // what the path leads to in the end is covered too, if it is something else
    stage_hide_protected = 2,          // mode and owner of the null device cannot be changed through the cover
};

enum stage_argument_kind : uint8_t {
    stage_argument_value = 0,  // the word itself
    stage_argument_address,    // an offset into the block
    stage_argument_slot,       // the number in that slot
};

struct stage_record {
    uint16_t operation;
    uint16_t number;           // the system call of a call record
    uint32_t step;             // which step of the plan this record belongs to, from 1
    int32_t result;            // the slot that keeps the result, or -1
    uint16_t tolerated[2];     // errno values that are no failure
    uint8_t kinds[6];
    uint16_t flags;            // of the operation
    uint64_t arguments[6];
};

// Argument `index` as it stands in the record, and its kind.
static inline uint64_t stage_record_argument(const struct stage_record *record, uint32_t index)
{
    return record->arguments[index];
}
static inline uint8_t stage_record_kind(const struct stage_record *record, uint32_t index)
{
    return record->kinds[index];
}

static inline void stage_record_set(struct stage_record *record, uint32_t index, enum stage_argument_kind kind, uint64_t value)
{
    record->kinds[index] = kind;
    record->arguments[index] = value;
}

enum stage_phase : uint32_t {
    stage_phase_running = 1,
    stage_phase_waiting,       // for the start of a created container
    stage_phase_executing,     // the next thing is the user's program
    stage_phase_failed,
};

// What kind of thing stage_progress.detail is.
enum stage_detail : uint32_t {
    stage_detail_none = 0,
    stage_detail_hook_exit,        // the hook's exit status
    stage_detail_hook_signal,      // the signal that ended the hook
    stage_detail_hook_timeout,
    stage_detail_hook_execute,     // the hook could not be executed: errno
    stage_detail_not_found_in_path,
    stage_detail_program_stat,     // args[0] has a slash and cannot be found: errno
    stage_detail_program_directory,
    stage_detail_program_execute,  // execve was refused; where a file was missing, the interpreter that it needs is in the text
    stage_detail_outside_root,     // the working directory is not reachable from the root
    stage_detail_wrong_file_system,
    stage_detail_wrong_device,
    stage_detail_proc_target,
    stage_detail_existing_node,
    stage_detail_gate_refused,
    stage_detail_target_is_file,      // a directory was to be mounted on it
    stage_detail_target_is_directory, // a file was to be mounted on it
    stage_detail_target_is_root,      // the container's root itself
    stage_detail_no_own_device,       // a standard stream is a device of the host's, and no other can take its place
};

enum : uint32_t { stage_progress_size = 4096, stage_text_size = 848, stage_clock_count = 400 };

// One page, shared between stage and host, and kept in the state directory. Survives whatever ends the stage.
struct stage_progress {
    uint64_t magic;
    uint32_t phase;
    uint32_t step;             // the step that is being performed, or that failed
    uint32_t record;
    int32_t error;             // errno of the failure
    uint32_t detail;
    int32_t detail_value;
    int32_t child;             // pid of the process that took over in a fork, as the host sees it
    int32_t listener;          // descriptor number of the seccomp listener
    char text[stage_text_size]; // what a failure is told with: the last that a hook wrote, a program's interpreter; ended by zero
    uint64_t clocks[stage_clock_count]; // CLOCK_MONOTONIC in nanoseconds before each step, when traced
    uint32_t paused;           // written by the host alone: a command has frozen the container, or was about to
    uint32_t unused;
};
enum : uint32_t { stage_paused_place = 4088 };
_Static_assert(sizeof(struct stage_progress) == stage_progress_size, "one page");
_Static_assert(__builtin_offsetof(struct stage_progress, paused) == stage_paused_place, "the place of paused");

// One message over the gate socket, in both directions. The host answers with the same gate; a value other than 0 ends
// the stage.
struct stage_gate_message {
    uint32_t gate;
    int32_t value;
};
