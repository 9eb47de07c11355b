"""The specs of all plugins by name, and the resolution of name conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from x2face_core.foreign import Owner
from x2face_plugins.entries import canonical
from x2face_plugins.specs import CommandSpec, Spec

OURS = "x2face"
BUNDLED = {
    "audio": "x2face_audio.plugin",
    "edit": "x2face_edit.plugin",
    "expression": "x2face_expression.plugin",
    "frame": "x2face_frame.plugin",
    "idle": "x2face_idle.plugin",
    "pose": "x2face_pose.plugin",
    "track": "x2face_track.plugin",
}
"""Modules of the bundled plugins by name, the same as the entry points in pyproject.toml."""

S = TypeVar("S", bound=Spec | CommandSpec)


@dataclass(frozen=True)
class Offer(Generic[S]):
    """A spec and the distribution that provides it.

    module: value of the entry point
    """

    spec: S
    dist: str
    version: str
    module: str = ""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def full_name(self) -> str:
        """The unambiguous name `dist:name`."""
        return f"{self.dist}:{self.name}"

    @property
    def owner(self) -> Owner:
        """The owner for calls and errors."""
        return Owner(self.spec.role, self.name, self.dist, self.version)

    @cached_property
    def bundled(self) -> bool:
        """Whether it is part of x2face."""
        return canonical(self.dist) == OURS and self.module in BUNDLED.values()


class Namespace(Generic[S]):
    """All offers of one kind by name.

    offers: in the order of the plugins
    reserved: bare names that only bundled plugins may have
    """

    def __init__(self, offers: list[Offer[S]], reserved: frozenset[str] = frozenset()) -> None:
        self.offers = offers
        self._reserved = reserved

    def find(self, name: str) -> Offer[S] | None:
        """The offer of a name, `dist:name` or bare; None also for a bare name in conflict."""
        if ":" in name:
            return next((offer for offer in self.offers if offer.full_name == name), None)
        return next((offer for offer in self.claims(name) if not self.conflict(offer)), None)

    def claims(self, name: str) -> list[Offer[S]]:
        return [offer for offer in self.offers if offer.name == name]

    def usable(self) -> dict[str, Offer[S]]:
        """Offers by bare name, those in conflict left out."""
        return {offer.name: offer for offer in self.offers if not self.conflict(offer)}

    def conflict(self, offer: Offer[S]) -> str | None:
        """Why an offer cannot be called by its bare name; None if it can."""
        others = [claim for claim in self.claims(offer.name) if claim is not offer]
        if offer.bundled:
            return None
        if offer.name in self._reserved or any(other.bundled for other in others):
            return f"{offer.name} is a name of x2face's own; {offer.dist} has to rename what it brings"
        if others:
            claims = " and ".join(sorted({other.full_name for other in others}))
            return f"{claims} has the name too; say {offer.full_name}"
        return None
