"""Pictures, films, sound and faces at the edge: numpy, uint8 RGB (h, w, 3); nothing here imports torch."""
