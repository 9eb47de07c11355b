"""Drive a face by another face in a film, a folder of pictures, a picture or a camera."""

from x2face_frame.settings import Settings

__all__ = ["Settings"]
