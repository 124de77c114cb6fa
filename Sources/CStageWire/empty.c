#include "CStageWire.h"
