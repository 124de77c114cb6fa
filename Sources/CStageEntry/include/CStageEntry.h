// The stage's entry point and the three functions that compilers call by themselves.
#pragma once
#include <stdint.h>
