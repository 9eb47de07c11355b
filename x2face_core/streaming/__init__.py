"""Streams of driving vectors: validated, resampled to the film's rate, projected, composed, stored in files."""
