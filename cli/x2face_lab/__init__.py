"""Evaluation, the figures of the paper, and the demo; these know drivers and mappings by name."""
