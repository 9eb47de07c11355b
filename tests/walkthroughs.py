"""Pages of the documentation as things to do: files to write, commands to type, and what they print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .environments import Environment

DOCS = Path(__file__).parents[1] / "docs"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
ANYTHING = "…"
PROGRAMS = {"x2face": "-m x2face_cli", "pytest": "-m pytest", "python": ""}


@dataclass(frozen=True)
class Block:
    """A fenced block. title: the name of the file that it is, if it is one"""

    language: str
    title: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page of docs, in their order."""
    for match in FENCE.finditer((DOCS / page).read_text(encoding="utf-8")):
        yield Block(match[1], match[2] or "", match[3])


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each line after a $, and what the page says that it prints."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed.rstrip("\n")


class Reader:
    """Somebody who does what a page says, in a folder, in an environment of their own.

    folder: holds what the reader brings
    """

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.programs = environment.folder / "programs"
        self.programs.mkdir()
        for name, arguments in PROGRAMS.items():
            program = self.programs / name
            program.write_text(f'#!/bin/sh\nexec "{environment.python}" {arguments} "$@"\n')
            program.chmod(0o755)

    def follow(self, page: str) -> Iterator[tuple[str, str, str]]:
        """Write each file and type each command; of each command: the line, what is promised, what was printed."""
        for block in blocks(page):
            if block.title:
                self.write(block)
            elif block.language == "console":
                yield from ((line, promised, self.type(line)) for line, promised in commands(block))

    def write(self, block: Block) -> None:
        path = self.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def type(self, line: str) -> str:
        """What a line of the shell prints, errors too."""
        if line.startswith("pip install "):
            what = shlex.split(line)[2:]
            self.environment.pip_install(*(self.folder if word == "." else word for word in what))
            return ""
        shell = f"import os; os.execvp('bash', ['bash', '-c', {'exec 2>&1; ' + line!r}])"
        path = f"{self.programs}:/usr/local/bin:/usr/bin:/bin"
        return self.environment.run("-c", shell, cwd=self.folder, PATH=path).stdout


def fits(promised: str, printed: str) -> bool:
    """Whether a page tells the truth; spaces do not count, … stands for anything, alone on its line for any lines.

    A failing test is never what … stands for.
    """
    if re.search(r"\d+ failed", printed) and not re.search(r"\d+ failed", promised):
        return False
    return re.fullmatch("".join(_patterns(promised)), "".join(f"{line}\n" for line in _lines(printed))) is not None


def _patterns(promised: str) -> Iterator[str]:
    for line in _lines(promised):
        yield "(?:.*\n)*?" if line == ANYTHING else re.escape(line).replace(ANYTHING, ".*") + "\n"


def _lines(text: str) -> list[str]:
    """Without empty ones, and with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
