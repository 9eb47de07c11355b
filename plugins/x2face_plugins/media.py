"""Pictures, films, sound and cameras for drivers, read as x2face itself reads them.

It imports torch and codecs: import it in the code that `load` calls, not in the module that declares the plugin.
"""

from __future__ import annotations

from x2face_core.files.placing import atomic_file, readable_file
from x2face_core.geometry.anchors import ANCHORS
from x2face_core.media.animations import animation_frames, animation_size, is_animation
from x2face_core.media.boxes import Box, crop
from x2face_core.media.camera import read_camera
from x2face_core.media.clips import Clip, kind_of, open_clip
from x2face_core.media.faces import find_faces
from x2face_core.media.images import opened_picture, read_picture, to_rgba, write_picture
from x2face_core.media.pictures import Picture
from x2face_core.media.profiles import upright
from x2face_core.media.rates import Timed, frames_within
from x2face_core.media.sound import Samples, has_sound, read_sound, read_sound_blocks, sound_notes, sound_seconds
from x2face_core.media.video import is_film, probe, read_frames
from x2face_core.media.writing import write_film
from x2face_core.pixels import to_tensor
from x2face_core.sources.films import hold_last_seen, read_vectors
from x2face_core.sources.source import squared_distances
from x2face_core.streaming.streams import prefetch

TOOLBOX = (
    "has_sound", "read_camera", "read_frames", "read_picture", "read_sound", "read_sound_blocks", "to_tensor",
    "write_picture",
)  # fmt: skip
"""Names of this module that api 1 guarantees; the others are provisional."""

__all__ = [
    "ANCHORS",
    "TOOLBOX",
    "Box",
    "Clip",
    "Picture",
    "Samples",
    "Timed",
    "prefetch",
    "animation_frames",
    "animation_size",
    "atomic_file",
    "crop",
    "find_faces",
    "frames_within",
    "has_sound",
    "hold_last_seen",
    "is_animation",
    "is_film",
    "kind_of",
    "open_clip",
    "opened_picture",
    "probe",
    "read_camera",
    "read_frames",
    "read_picture",
    "read_sound",
    "read_sound_blocks",
    "read_vectors",
    "readable_file",
    "sound_notes",
    "sound_seconds",
    "squared_distances",
    "to_rgba",
    "to_tensor",
    "upright",
    "write_film",
    "write_picture",
]
