"""Training of the measuring network (x2face_core.networks.measuring)."""
