"""The command line. A command's file reads its options, calls one function of the core and shows the result."""
