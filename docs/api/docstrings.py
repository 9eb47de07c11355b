"""Extension of griffe for mkdocstrings: the docstrings of this project as Markdown.

A docstring here has lines `name, other: text` for arguments and fields, which become a list of definitions, and lines
that begin with >>>, which become a block of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import griffe

_FIELD = re.compile(r'(?P<names>"?\w+"?(?:, "?\w+"?)*): (?P<text>\S.*)')
_NEXT = re.compile(r"; (?=\w+(?:, \w+)*: )")  # between two fields on one line
_PROSE = {"InputError", "UsageError", "MissingError", "NoFaceError", "PluginError", "WeightsError"}


class ProjectDocstrings(griffe.Extension):
    """Rewrites each docstring before it is rendered."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(docstring: str) -> str:
    """The Markdown of a docstring."""
    return "\n".join(line for kind, lines in groupby(_parsed(docstring), key=_kind) for line in _block(kind, lines))


def _kind(line: tuple[str, str]) -> str:
    return line[0]


def _parsed(docstring: str) -> Iterator[tuple[str, str]]:
    """Each line with its kind: code, field or text; continuation lines belong to the field above them."""
    kind = "text"
    for number, line in enumerate(docstring.splitlines()):
        if line.startswith((">>> ", "... ")):
            kind = "code"
        elif kind == "field" and line.startswith("    "):
            line = f"    {line.strip()}"
        elif (found := _FIELD.fullmatch(line)) and number and found["names"] not in _PROSE:
            kind, line = "field", "\n".join(map(_item, _NEXT.split(line)))
        else:
            kind = "text"
        yield kind, line


def _item(field: str) -> str:
    names, _, text = field.replace('"', "", field.partition(": ")[0].count('"')).partition(": ")
    return f"- {', '.join(f'`{name}`' for name in names.split(', '))}: {text}"


def _block(kind: str, lines: Iterator[tuple[str, str]]) -> Iterator[str]:
    content = [line for _, line in lines]
    if kind == "code":
        return iter(["", "```pycon", *content, "```", ""])
    return iter(["", *content, ""]) if kind == "field" else iter(content)
