#include "CVelociEntry.h"
