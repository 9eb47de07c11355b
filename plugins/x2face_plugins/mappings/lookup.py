"""Lookup of a fitted mapping: a given file, the user's own, in the weights' file, or shipped by its plugin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from x2face_core.errors import MissingError, UsageError, WeightsError
from x2face_core.files.names import checked_dist, checked_space
from x2face_core.weights import own_files
from x2face_plugins.mappings.carrying import carried_mappings
from x2face_plugins.mappings.files import WRITER, MappingInfo, own_mappings, read_mapping_info
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.specs import MappingSpec


def find_mapping(
    offer: Offer[MappingSpec], space: str, given: Path | None = None, weights: Path | None = None
) -> MappingInfo:
    """Find the fitted mapping for a driving space.

    given: the file to use; None: search the user's own folder, then the weights' file, then those shipped by the plugin
    weights: file of the weights in use
    WeightsError if there are only mappings for other spaces, or the file is broken; MissingError if there is none.
    """
    if given is not None:
        return _fitting(read_mapping_info(given), offer, space)
    dist = checked_dist(offer.dist)
    for own in own_files("mappings", f"{checked_space(space)}/{dist}/{offer.name}.safetensors"):
        return _fitting(read_mapping_info(own), offer, space)
    carried = next((info for info in carried_mappings(weights) if info.is_of(offer)), None)
    if carried is not None:
        return _fitting(carried, offer, space)
    shipped = [info for path in offer.spec.files if (info := read_mapping_info(path)).is_of(offer)]
    for info in shipped:
        if info.space == space:
            return info
    elsewhere = own_files("mappings", f"*/{dist}/{offer.name}.safetensors")
    others = [info.space for info in shipped] or [path.parents[1].name for path in elsewhere]
    if others:
        raise _of_another_space(offer, space, others[0])
    raise MissingError(
        f"The mapping {offer.name!r} of {offer.dist} is not fitted for these weights; "
        f"`{WRITER} {_argument(offer)} --data DIR` fits it."
    )


def _argument(offer: Offer[MappingSpec]) -> str:
    """How `x2face fit` is given a mapping; that of a one-file plugin by its path."""
    return f"PATH/{offer.dist}" if offer.dist.endswith(".py") else offer.name


def _fitting(info: MappingInfo, offer: Offer[MappingSpec], space: str) -> MappingInfo:
    """Return info if it is that mapping for that space; WeightsError otherwise."""
    if not info.is_of(offer):
        raise WeightsError(
            f"{info.path}: holds the mapping {info.name!r} of {info.dist}, not {offer.name!r} of {offer.dist}."
        )
    if info.space != space:
        raise _of_another_space(offer, space, info.space, f"{info.path}: ")
    return info


def _of_another_space(offer: Offer[MappingSpec], space: str, other: str, where: str = "") -> WeightsError:
    return WeightsError(
        f"{where}the mapping {offer.name!r} of {offer.dist} is fitted for other weights (space {other}, not {space}); "
        f"`{WRITER} {_argument(offer)} --data DIR --weights FILE` fits it for those in use."
    )


def chosen_files(given: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """Given files by distribution and name of their mapping. UsageError if two files hold the same mapping."""
    chosen: dict[tuple[str, str], Path] = {}
    for path in given:
        info = read_mapping_info(path)
        before = chosen.setdefault((info.name, info.dist), path)
        if before != path:
            raise UsageError(f"--mapping {before} and {path} both hold the mapping {info.name!r}; give one of them.")
    return chosen


def where(offer: Offer[MappingSpec], space: str, weights: Path | None = None) -> tuple[Path | None, str]:
    """The file of the fitted mapping for a driving space, or None and a message why there is none."""
    try:
        return find_mapping(offer, space, weights=weights).path, ""
    except (MissingError, WeightsError) as error:
        return None, str(error)


def fitted_names(registry: Registry, space: str, weights: Path | None = None) -> list[str]:
    """Names of all mappings that find_mapping finds for a driving space."""
    names = {info.name for info in (*own_mappings(space), *carried_mappings(weights))}
    names |= {offer.name for offer in registry.mapping_offers() if where(offer, space)[0]}
    return sorted(names)
