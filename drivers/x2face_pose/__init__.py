"""Turn the head by roll, pitch and yaw, from a table or as sweeps; and the factor `pose` (paper 4.1)."""

from x2face_pose.settings import Settings

__all__ = ["Settings"]
