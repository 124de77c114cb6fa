import Conformance

CommandLineTool.main()
