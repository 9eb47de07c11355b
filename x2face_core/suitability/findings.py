"""Findings about a picture or a film, each with a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """A line of `x2face check`.

    name: the check; says: the finding; remedy: what to do about it; both clauses without a full stop
    value: the number compared with the threshold, in the unit given in docs/check.md
    """

    name: str
    status: Status
    says: str
    remedy: str = ""
    value: float | None = None

    @property
    def line(self) -> str:
        """Finding and remedy as one sentence."""
        return f"{self.says}; {self.remedy}." if self.remedy else f"{self.says}."


def make_finding(name: str, good: bool, fine: str, says: str, remedy: str, value: float | None = None) -> Finding:
    """A finding with status ok and the text `fine` if `good`, else a warning with `says` and `remedy`."""
    rounded = None if value is None else round(value, 4)
    return Finding(name, "ok", fine, "", rounded) if good else Finding(name, "warn", says, remedy, rounded)


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose status is not ok."""
    return [finding for finding in findings if finding.status != "ok"]
