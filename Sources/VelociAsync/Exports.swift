// One import is enough for a program of tasks.
@_exported public import Veloci
