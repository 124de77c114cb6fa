#include "CStageEntry.h"

void stage_end_on_signal(int32_t signal);

static void handle(int32_t signal) { stage_end_on_signal(signal); }

uint64_t stage_signal_handler(void) { return (uint64_t)handle; }
