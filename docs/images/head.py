"""`python -m synthetic_head [FOLDER]` renders the demo's own files, by default into the package; it takes minutes."""

from __future__ import annotations

import sys
from pathlib import Path

from x2face_lab.demo.inputs import FOLDER, make, pictures

if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, pictures())
