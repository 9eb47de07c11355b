"""Names of the methods that are compared; nothing heavy is imported, as the command line lists them."""

METHODS = ("copy", "x2face", "absolute", "warp", "hidden", "cyclegan")
"""In the order of tables: the source copied, x2face relative and absolute, the landmark warp without and with hidden
regions filled in from the driving frames, CycleGAN."""
