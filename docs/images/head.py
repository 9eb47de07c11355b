"""Render the demo's own files: `python docs/images/head.py [FOLDER]`, by default into the package; it takes minutes."""

from __future__ import annotations

import sys
from pathlib import Path

from synthetic_head.film import make, pictures
from x2face_lab.demo.inputs import FOLDER

if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, pictures())
