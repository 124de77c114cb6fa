// One import is enough: configurations and plans are part of this library's face.
@_exported public import ContainerPlan
@_exported public import RuntimeSpec
