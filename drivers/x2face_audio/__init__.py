"""Lips driven by speech: the driver `audio` and its mapping from speech features to driving vectors (paper 4.2)."""
