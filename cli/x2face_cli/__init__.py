"""The command line. The module of a command parses its options, makes one call and shows the result."""
