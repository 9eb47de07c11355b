"""The sync encoder: joint features of sound and lips, and their offset in time."""
