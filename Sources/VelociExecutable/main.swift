import Glibc
import VelociCommand

exit(Program.run(CommandLine.arguments))
