// The kernel's interface as Swift needs it: raw system calls, and constants that the Swift importer cannot see.
// Used by the host side and by the freestanding stage, so nothing here may need a C library.
#pragma once

#include "linux_system_call.h"
#include "linux_constants.h"
#include "linux_clone.h"
#include "linux_lock.h"
#include "linux_signal.h"
#include "linux_statx.h"
