"""`python -m x2face_cli`, which is how torchrun starts `x2face`."""

from __future__ import annotations

from x2face_cli.app import command_line

command_line()
