"""Streams of driving vectors: paced to the film's rate, held, composed, kept in files."""
