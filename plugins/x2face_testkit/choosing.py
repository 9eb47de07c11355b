"""The checks for each kind of plugin object."""

from __future__ import annotations

from collections.abc import Iterator

from x2face_plugins.registry import Registry
from x2face_plugins.specs import DriverSpec, MappingSpec, OverlaySpec, Spec
from x2face_testkit import declaring, ending, mapping, painting, streaming, telling, together
from x2face_testkit.promising import Check

DECLARED = (declaring.is_declared_lightly, declaring.documents_its_options, declaring.brings_a_demo)
REPORTED = (telling.says_what_is_missing, telling.refuses_rubbish)
OF_DRIVERS: tuple[Check, ...] = (
    *DECLARED,
    streaming.yields_vectors,
    streaming.yields_finite_numbers,
    streaming.keeps_one_rate,
    streaming.repeats_itself,
    streaming.leaves_the_source_alone,
    ending.ends_or_says_so,
    ending.stops_when_told,
    telling.tells_the_truth,
    *REPORTED,
    together.goes_with_others,
    together.holds_what_it_says,
    together.makes_a_film,
)
OF_OVERLAYS: tuple[Check, ...] = (
    *DECLARED,
    painting.paints_a_face,
    painting.keeps_the_anchors,
    painting.leaves_the_face_alone,
    painting.paints_the_same_again,
    *REPORTED,
    painting.shows_in_a_film,
)
OF_MAPPINGS: tuple[Check, ...] = (
    declaring.is_declared_lightly,
    mapping.is_what_it_says,
    mapping.learns_from_examples,
    mapping.writes_vectors,
    mapping.survives_being_stored,
    mapping.reads_what_it_wrote,
    mapping.says_when_there_is_nothing,
    mapping.ships_what_it_says,
)


def checks_of(spec: Spec) -> tuple[Check, ...]:
    """The checks for a driver, an overlay or a mapping."""
    if isinstance(spec, MappingSpec):
        return OF_MAPPINGS
    return OF_OVERLAYS if isinstance(spec, OverlaySpec) else OF_DRIVERS


def driver_checks(registry: Registry, *names: str) -> Iterator[tuple[DriverSpec | OverlaySpec, Check]]:
    """All pairs of driver or overlay and check, for pytest.mark.parametrize(("spec", "check"), …).

    names: bare or `dist:name`; none: all drivers and overlays. Raises as Registry.driver.
    """
    for name in names or registry.drivers():
        spec = registry.driver(name).spec
        yield from ((spec, check) for check in checks_of(spec))


def mapping_checks(registry: Registry, *names: str) -> Iterator[tuple[MappingSpec, Check]]:
    """All pairs of mapping and check, as driver_checks."""
    for name in names or registry.mappings():
        spec = registry.mapping(name).spec
        yield from ((spec, check) for check in checks_of(spec))


def named(registry: Registry, name: str) -> list[Spec]:
    """The driver or overlay and the mapping of a name, bare or `dist:name`; or all specs of a distribution.

    UsageError or PluginError, as Registry.driver, if there is none.
    """
    found: list[Spec] = []
    if registry.has_driver(name):
        found.append(registry.driver(name).spec)
    if registry.has_mapping(name):
        found.append(registry.mapping(name).spec)
    found = found or [offer.spec for offer in registry.offers() if offer.dist == name]
    return found or [registry.driver(name).spec]
