"""What plugins offer under its names, and who keeps a name that several claim."""

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
"""The plugins that come with x2face, and their modules: pyproject.toml declares the same as entry points."""

S = TypeVar("S", bound=Spec | CommandSpec)


@dataclass(frozen=True)
class Offer(Generic[S]):
    """Something that a plugin brings, and the distribution that it came with.

    spec: what the plugin declared; module: where, as its entry point says
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
        """The name by which it can always be had, `dist:name`."""
        return f"{self.dist}:{self.name}"

    @property
    def owner(self) -> Owner:
        """Whose code it is, for calls and errors."""
        return Owner(self.spec.role, self.name, self.dist, self.version)

    @cached_property
    def bundled(self) -> bool:
        """It comes with x2face itself."""
        return canonical(self.dist) == OURS and self.module in BUNDLED.values()


class Namespace(Generic[S]):
    """All offers of one sort under their names.

    offers: in the order of the plugins
    reserved: names that strangers cannot have, whoever else has them
    """

    def __init__(self, offers: list[Offer[S]], reserved: frozenset[str] = frozenset()) -> None:
        self.offers = offers
        self._reserved = reserved

    def find(self, name: str) -> Offer[S] | None:
        """The offer of that name, `dist:name` or bare; a bare name that is in conflict finds nothing."""
        if ":" in name:
            return next((offer for offer in self.offers if offer.full_name == name), None)
        return next((offer for offer in self.claims(name) if not self.conflict(offer)), None)

    def claims(self, name: str) -> list[Offer[S]]:
        return [offer for offer in self.offers if offer.name == name]

    def usable(self) -> dict[str, Offer[S]]:
        """The offers that have their bare name, by it."""
        return {offer.name: offer for offer in self.offers if not self.conflict(offer)}

    def conflict(self, offer: Offer[S]) -> str | None:
        """Why an offer cannot have its bare name; None where it can."""
        others = [claim for claim in self.claims(offer.name) if claim is not offer]
        if offer.bundled:
            return None
        if offer.name in self._reserved or any(other.bundled for other in others):
            return f"{offer.name} is a name of x2face's own; {offer.dist} has to rename what it brings"
        if others:
            claims = " and ".join(sorted({other.full_name for other in others}))
            return f"{claims} has the name too; say {offer.full_name}"
        return None
