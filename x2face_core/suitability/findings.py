"""What was found of a picture or a film, and what would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """A line of `x2face check`.

    name: what was looked at; says: what was found, remedy: what would do, each a clause without a full stop
    value: the number that was held against the threshold, in the unit that docs/check.md gives
    """

    name: str
    status: Status
    says: str
    remedy: str = ""
    value: float | None = None

    @property
    def line(self) -> str:
        """One sentence."""
        return f"{self.says}; {self.remedy}." if self.remedy else f"{self.says}."


def judged(name: str, good: bool, fine: str, says: str, remedy: str, value: float | None = None) -> Finding:
    """ok with what is fine, or a warning with what is not and what would do."""
    rounded = None if value is None else round(value, 4)
    return Finding(name, "ok", fine, "", rounded) if good else Finding(name, "warn", says, remedy, rounded)


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    """Those that are not ok."""
    return [finding for finding in findings if finding.status != "ok"]
