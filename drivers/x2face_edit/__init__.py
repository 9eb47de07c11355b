"""Paint pictures and films on the embedded face, which then move with it."""

from x2face_edit.settings import Settings

__all__ = ["Settings"]
