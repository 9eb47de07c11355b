"""The hook reference says what the code says: its headings are the signatures, its lists the fields."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import pytest

import x2face_plugins
from x2face_core import driving, errors
from x2face_plugins import hookspecs, media, specs
from x2face_plugins.checking import HOOKS

PAGE = (Path(__file__).parents[1] / "docs" / "drivers.md").read_text(encoding="utf-8")
NONE = inspect.Parameter.empty
SPECS = (specs.DriverSpec, specs.OverlaySpec, specs.MappingSpec)
VALUES = (driving.Chunk, driving.EmbeddedFace)
PROTOCOLS = (driving.Source, driving.Driver, driving.Overlay, driving.Mapping, driving.Factor, driving.FilmEncoder)


def section(name: str) -> str:
    """What stands below a heading of the third rank."""
    found = re.search(rf"^### {re.escape(name)}$\n(.*?)(?=^##? |^### |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no heading {name}"
    return found[1]


def headings(text: str) -> list[str]:
    return re.findall(r"^#{3,4} `(.*)`$", text, re.MULTILINE)


def listed(text: str) -> list[str]:
    """The declarations with which the items of a list begin."""
    items = re.findall(r"^- ((?:`[^`]+`(?:, )?)+)(?::|$)", text, re.MULTILINE)
    return [one for item in items for one in re.findall(r"`([^`]+)`", item)]


def declared(name: str, kind: Any, default: Any = NONE) -> str:
    """A name, its type and its default, as they are written in the source."""
    text = f"{name}: {str(kind).replace('Mapped[', 'dict[')}"
    if default is NONE:
        return text
    return f"{text} = {'MISSING' if default is MISSING else repr(default)}"


def fields(cls: Any) -> list[str]:
    """Those of a dataclass; a default that is made anew each time is not shown."""
    return [
        declared(one.name, one.type, NONE if one.default is MISSING else one.default) for one in dataclasses.fields(cls)
    ]


def parameters(function: Callable[..., Any]) -> Iterator[str]:
    starred = False
    for one in inspect.signature(function).parameters.values():
        if one.kind is one.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        if one.name != "self":
            yield "**" * (one.kind is one.VAR_KEYWORD) + declared(one.name, one.annotation, one.default)


def signature(function: Callable[..., Any]) -> str:
    """As it is written in the source, without self."""
    answer = declared("", inspect.signature(function).return_annotation).removeprefix(": ")
    return f"{function.__name__}({', '.join(parameters(function))}) -> {answer}"


def methods(protocol: type) -> list[str]:
    own = vars(protocol).items()
    return [signature(it) for name, it in own if inspect.isfunction(it) and (name[0] != "_" or name == "__call__")]


def attributes(protocol: type) -> list[str]:
    properties = {name: it.fget for name, it in vars(protocol).items() if isinstance(it, property)}
    members = {name: inspect.signature(get).return_annotation for name, get in properties.items() if get}
    members |= inspect.get_annotations(protocol)
    return [declared(name, kind) for name, kind in members.items() if name[0] != "_"]


def test_every_hook_is_a_heading() -> None:
    hooks = re.search(r"^## Hooks$(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert hooks
    assert headings(hooks[1]) == [signature(getattr(hookspecs, name)) for name in HOOKS]


@pytest.mark.parametrize("cls", [*SPECS, *VALUES], ids=lambda cls: cls.__name__)
def test_every_field_is_listed_as_it_is_declared(cls: type) -> None:
    assert listed(section(cls.__name__)) == fields(cls)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda cls: cls.__name__)
def test_every_method_is_a_heading_and_every_attribute_listed(protocol: type) -> None:
    text = section(protocol.__name__)
    assert headings(text) == methods(protocol)
    if protocol is not driving.Driver:
        assert listed(text) == attributes(protocol)


def test_option_is_a_heading() -> None:
    assert signature(x2face_plugins.option) in headings(PAGE)


def documented_attributes(cls: type) -> set[str]:
    """The attributes that a docstring lists for the object."""
    text = re.sub(r"\([^)]*\)", "", inspect.getdoc(cls) or "")
    lists = re.findall(r"Read [^:]*:([^.]*)\.", text) or re.findall(r"may have the attribute (\w+)", text)
    return {name.strip() for one in lists for name in one.split(",")}


def test_what_a_driver_may_carry_is_listed() -> None:
    shown = {name.partition(":")[0] for name in listed(section("Driver"))}
    assert shown == documented_attributes(driving.Driver) and len(shown) == 9
    assert documented_attributes(driving.Overlay) == {"moving"} and "`moving: bool`" in section("Overlay")


def test_the_media_toolbox_is_on_the_page_with_its_signatures() -> None:
    found = re.search(r"^## Media$(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert found and sorted(headings(found[1])) == sorted(signature(getattr(media, name)) for name in media.TOOLBOX)


def test_everything_that_plugins_are_given_is_on_the_page() -> None:
    names = re.findall(r"^#{2,4} `?(\w+)", PAGE, re.MULTILINE)
    assert set(x2face_plugins.__all__) - {"hookimpl"} <= set(names) and "`hookimpl`" in PAGE


@pytest.mark.parametrize(
    "error",
    [errors.InputError, errors.UsageError, errors.NoFaceError, errors.WeightsError],
    ids=lambda cls: cls.__name__,
)
def test_the_errors_have_the_codes_that_the_page_says(error: type[errors.X2FaceError]) -> None:
    assert f"Exit code {error.exit_code}." in section(error.__name__)
    assert errors.MissingError.exit_code == 3 and issubclass(errors.MissingError, errors.InputError)
