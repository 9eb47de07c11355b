"""Print the README's first two commands: the one line of each of its first two ```sh blocks."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main(readme: str) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", Path(readme).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[:2]
    lines = [block.strip() for block in blocks]
    if len(lines) != 2 or any("\n" in line or not line for line in lines):
        sys.exit(f"{readme}: expected two ```sh blocks of one line each, found {lines!r}.")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
