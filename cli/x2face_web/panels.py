"""The column of drivers: a panel for each that is installed, with controls made from its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from x2face_core.errors import UsageError
from x2face_core.geometry.anchors import ANCHORS
from x2face_plugins.desk import desk_of
from x2face_plugins.registry import Registry
from x2face_plugins.settings import Setting, read_settings
from x2face_plugins.specs import DriverSpec, OverlaySpec
from x2face_web.canvas import refuse_unpacked_preset
from x2face_web.controls import Control, control_of, given

AnySpec = DriverSpec | OverlaySpec
EDIT = "edit"
"""The overlay that paints pictures and presets."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The controls of one driver or overlay.

    name: by which it is called; dist, version: of its distribution
    own: of its settings; desk: weight, window and parts, as of any driver
    """

    name: str
    spec: AnySpec
    dist: str
    version: str
    own: tuple[Control, ...]
    desk: tuple[Control, ...]

    @property
    def controls(self) -> tuple[Control, ...]:
        return (*self.own, *self.desk)

    @property
    def is_overlay(self) -> bool:
        return isinstance(self.spec, OverlaySpec)

    @property
    def is_endless(self) -> bool:
        return self.is_overlay or (isinstance(self.spec, DriverSpec) and self.spec.endless)

    def given(self, values: Sequence[Any]) -> dict[str, Any]:
        """Settings by field that differ from the defaults.

        UsageError where a needed one is missing, and for a preset that names other files.

        values: of `controls`, in their order
        """
        found = {one.setting.name: given(one, value) for one, value in zip(self.controls, values, strict=True)}
        for one in self.controls:
            if one.setting.required and found[one.setting.name] is one.setting.default:
                how = "upload it" if one.is_upload else "fill it in"
                raise UsageError(f"{one.label} is needed: {how}, or take {self.name} out of use.")
        if self.name == EDIT:
            refuse_unpacked_preset(found)
        defaults = {one.setting.name: one.setting.default for one in self.controls}
        return {name: value for name, value in found.items() if value != defaults[name]}


def panels(registry: Registry) -> list[Panel]:
    """A panel for each driver and overlay that `x2face drivers` lists as usable, in its order."""
    factors = tuple(name for name, offer in registry.mappings().items() if offer.spec.factor)
    return [
        Panel(
            name=name,
            spec=offer.spec,
            dist=offer.dist,
            version=offer.version,
            own=tuple(_own(offer.spec)),
            desk=tuple(_desk(offer.spec, factors)),
        )
        for name, offer in registry.drivers().items()
    ]


def _own(spec: AnySpec) -> Iterable[Control]:
    sound = isinstance(spec, DriverSpec) and spec.follows_sound
    for setting in read_settings(spec.settings):
        if not setting.writes:
            yield control_of(setting, spec.name, sound=sound, choices=_suggested(setting))


def _suggested(setting: Setting) -> tuple[str, ...]:
    return tuple(ANCHORS) if "ANCHOR" in (setting.metavar or "") else ()


def _desk(spec: AnySpec, factors: tuple[str, ...]) -> Iterable[Control]:
    for setting in read_settings(desk_of(spec)):
        yield control_of(setting, spec.name, choices=factors if setting.name in ("only", "without") else ())


def unusable(registry: Registry) -> Mapping[str, str]:
    """Plugins that cannot be used, by name, with the reason."""
    return {f"{one.name} of {one.dist}": one.error or one.status for one in registry.plugins if one.status != "ok"}
