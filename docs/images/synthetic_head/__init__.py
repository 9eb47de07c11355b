"""The heads and the voice of the demo's own files, rendered; `python docs/images/head.py` makes the files."""
