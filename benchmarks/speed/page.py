"""The page that tells all measurements, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Rows = Sequence[Sequence[str]]


@dataclass
class Page:
    """A title, what is said first, and sections by their headings, in order.

    conditions: what is said above the table of a section, when and how it was measured
    """

    title: str
    opening: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    conditions: Callable[[], str] = str

    def section(self, title: str, head: Sequence[str], rows: Rows, *paragraphs: str) -> None:
        """Add a heading, paragraphs and a table; a section of that heading is replaced."""
        self.sections[title] = "\n\n".join(filter(None, [*paragraphs, self.conditions(), table(head, rows)]))

    def remark(self, title: str, text: str) -> None:
        """Say something instead of a table, unless that was measured, here or on another machine."""
        if "|" not in self.sections.get(title, ""):
            self.sections[title] = text

    def keep(self, text: str) -> None:
        """Keep the sections of an earlier page, in their place, until they are measured anew."""
        for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
            self.sections[title] = body.strip()

    def __str__(self) -> str:
        sections = [f"## {title}\n\n{body}" for title, body in self.sections.items()]
        return "\n\n".join([f"# {self.title}", *self.opening, *sections]) + "\n"


def table(head: Sequence[str], rows: Rows) -> str:
    """A Markdown table: texts to the left, numbers to the right."""
    cells = [list(map(_escaped, row)) for row in rows]
    numeric = [bool(cells) and all(_is_number(row[k]) for row in cells) for k in range(len(head))]
    rule = ["---:" if right else "---" for right in numeric]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(map(_escaped, head)), rule, *cells])


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _is_number(text: str) -> bool:
    return not text or text[0].isdigit()
