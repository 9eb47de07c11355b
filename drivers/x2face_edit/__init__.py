"""Paint pictures and films on the embedded face, so that they move with the face."""

from x2face_edit.settings import Settings

__all__ = ["Settings"]
