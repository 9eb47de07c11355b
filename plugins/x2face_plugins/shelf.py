"""Things of one sort under their names, and who keeps a name that several claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from x2face_plugins.loading import Plugin

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Offer(Generic[T]):
    """One thing that a loaded plugin brings; kind and summary are what a list says of it."""

    name: str
    kind: str
    summary: str
    item: T
    plugin: Plugin

    @property
    def full_name(self) -> str:
        return f"{self.plugin.dist}:{self.name}"


class Shelf(Generic[T]):
    """What the plugins offer of one sort.

    offers: in the order of the plugins
    reserved: names that strangers cannot have, whoever else has them
    """

    def __init__(self, offers: list[Offer[T]], reserved: frozenset[str] = frozenset()) -> None:
        self.offers = offers
        self._reserved = reserved

    def find(self, name: str) -> Offer[T] | None:
        """The offer of that name, `dist:name` or bare; a bare name that is in conflict finds nothing."""
        if ":" in name:
            return next((offer for offer in self.offers if offer.full_name == name), None)
        return next((offer for offer in self.claims(name) if not self.conflict(offer)), None)

    def claims(self, name: str) -> list[Offer[T]]:
        return [offer for offer in self.offers if offer.name == name]

    def usable(self) -> list[Offer[T]]:
        """The offers that have their bare name."""
        return [offer for offer in self.offers if not self.conflict(offer)]

    def conflict(self, offer: Offer[T]) -> str | None:
        """Why an offer cannot have its bare name; None where it can."""
        others = [claim for claim in self.claims(offer.name) if claim is not offer]
        if offer.plugin.bundled:
            return None
        if offer.name in self._reserved or any(other.plugin.bundled for other in others):
            return f"{offer.name} is a name of x2face's own; {offer.plugin.dist} has to rename what it brings"
        if others:
            claims = " and ".join(sorted({other.full_name for other in others}))
            return f"{claims} has the name too; say {offer.full_name}"
        return None
