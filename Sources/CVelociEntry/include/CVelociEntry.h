// Where VelociCommand is entered. The executable knows this line alone: a module that imports a Swift module of Embedded Swift
// compiles all that it reaches once more.
#pragma once

// Runs the command line as main(3) gets it, and returns the exit code.
int veloci_command(int count, char *_Nullable *_Nonnull arguments);
