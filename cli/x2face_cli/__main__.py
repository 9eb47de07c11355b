"""`python -m x2face_cli`, which is how torchrun starts `x2face`."""

from __future__ import annotations

import sys

from x2face_cli.app import main

sys.exit(main())
