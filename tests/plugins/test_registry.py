"""One broken plugin is listed and costs nobody else anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from x2face_core.errors import PluginError, UsageError
from x2face_plugins.registry import Listed, Registry

Install = Callable[..., str]

HOOK = "from x2face_plugins import hookimpl\n\n@hookimpl\n"
COMMAND = (
    HOOK + "def x2face_commands(cli):\n    import click\n    cli.add_command(click.Command({name!r}, help='Ours.'))\n"
)


def driver(name: str, api: int = 1) -> str:
    return f"""
from dataclasses import dataclass
from x2face_plugins import DriverSpec, hookimpl, option

@dataclass(frozen=True)
class Settings:
    amount: float = option(1.0, help="How much.", min=0, max=2)

@hookimpl
def x2face_drivers():
    yield DriverSpec(name={name!r}, summary="Does {name}", relative=True, settings=Settings, load=lambda settings: None,
                     demo=lambda folder: Settings(), api={api})
"""


def line_of(dist: str, registry: Registry | None = None) -> Listed:
    (line,) = [line for line in (registry or Registry.load()).plugins if line.dist == dist]
    return line


def test_the_bundled_driver_is_listed() -> None:
    line = next(line for line in Registry.load().plugins if line.name == "frame")
    assert (line.kind, line.dist, line.status, line.error) == ("offset", "x2face", "ok", None)


def test_a_stranger_s_driver_is_found_by_its_name(install: Install) -> None:
    install("acme-nod", driver("nod"), version="2.5")
    registry = Registry.load()
    assert registry.driver("nod").spec.summary == "Does nod"
    assert str(registry.driver("nod").owner) == "driver 'nod' of acme-nod 2.5"
    assert registry.driver("acme-nod:nod") is registry.driver("nod")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import there_is_no_such_module", "ModuleNotFoundError: No module named 'there_is_no_such_module'"),
        ("raise SystemExit(3)", "it tried to end the program while loading (SystemExit: 3)"),
        (HOOK + "def x2face_driver():\n    return []", "did you mean x2face_drivers?"),
        (HOOK + "def x2face_drivers(config):\n    return []", "config"),
        ("def x2face_drivers():\n    return []", "put @hookimpl above it"),
        ("x = 1", "it has none of the hooks"),
        (HOOK + "def x2face_drivers():\n    1 / 0", "ZeroDivisionError: division by zero"),
        (HOOK + "def x2face_drivers():\n    yield 'nod'", "'nod', which is no DriverSpec"),
        (driver("nod", api=2), "nod was written for plugin interface 2, this x2face has 1; update x2face"),
        (driver("my-nod"), "'my-nod' is no name"),
        (driver("source"), "kept for `x2face run`'s own options"),
        (driver("nod").replace("amount", "weight"), "have weight, which x2face adds to every driver"),
        (driver("nod").replace("float", "bytes"), "the setting amount is a <class 'bytes'>"),
        (driver("nod").replace("frozen=True", ""), "write @dataclass(frozen=True)"),
        (driver("nod").replace("    yield", "    for _ in range(2):\n        yield"), "it brings nod 2 times"),
    ],
)
def test_a_broken_plugin_is_listed_as_failed_and_the_others_work(install: Install, text: str, message: str) -> None:
    install("acme-broken", text, entry="broken")
    install("acme-nod", driver("nod"))
    registry = Registry.load()
    line = line_of("acme-broken", registry)
    assert (line.name, line.kind, line.version, line.status) == ("broken", None, "1.0", "failed")
    assert message in (line.error or "")
    assert "\n" not in (line.error or "")
    assert registry.driver("nod") and registry.driver("frame")


def test_naming_a_plugin_that_failed_is_a_plugin_s_error(install: Install) -> None:
    install("acme-broken", "import there_is_no_such_module", entry="broken")
    with pytest.raises(PluginError, match="the plugin broken of acme-broken failed to load: ModuleNotFoundError"):
        Registry.load().driver("broken")


def test_strict_raises_what_would_be_listed(install: Install) -> None:
    install("acme-broken", "raise SystemExit", entry="broken")
    with pytest.raises(PluginError, match="broken of acme-broken"):
        Registry.load(strict=True)


def test_a_bundled_name_is_kept_from_strangers(install: Install) -> None:
    install("acme-frame", driver("frame"))
    registry = Registry.load()
    assert registry.driver("frame").bundled
    line = line_of("acme-frame", registry)
    assert (line.name, line.kind, line.status) == ("frame", "offset", "conflict")
    with pytest.raises(PluginError, match="acme-frame"):
        Registry.load(strict=True)


def test_among_strangers_a_name_that_two_claim_needs_the_distribution_before_it(install: Install) -> None:
    install("acme-nod", driver("nod"))
    install("other-nod", driver("nod"))
    registry = Registry.load()
    assert {line_of(dist, registry).status for dist in ("acme-nod", "other-nod")} == {"conflict"}
    with pytest.raises(UsageError, match="acme-nod:nod"):
        registry.driver("nod")
    assert registry.driver("other-nod:nod").dist == "other-nod"


def test_an_unknown_driver_is_answered_with_what_is_installed() -> None:
    with pytest.raises(UsageError, match="no driver is called fraem; did you mean frame?"):
        Registry.load().driver("fraem")
    with pytest.raises(UsageError, match="installed are .*frame"):
        Registry.load().driver("zzz")


@pytest.mark.parametrize(("chosen", "status"), [("", "disabled"), ("other", "disabled"), ("Acme.Nod, other", "ok")])
def test_the_environment_chooses_strangers_and_bundled_ones_always_load(
    install: Install, monkeypatch: pytest.MonkeyPatch, chosen: str, status: str
) -> None:
    install("acme-nod", driver("nod") if status == "ok" else "raise SystemExit('imported')")
    monkeypatch.setenv("X2FACE_PLUGINS", chosen)
    registry = Registry.load()
    assert line_of("acme-nod", registry).status == status
    assert registry.driver("frame")


def test_what_a_plugin_prints_while_loading_stays_off_stdout(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("acme-nod", "print('hello')\n" + driver("nod"))
    assert line_of("acme-nod").status == "ok"
    assert capsys.readouterr() == ("", "hello\n")


def test_a_mapping_and_a_driver_may_share_a_name(install: Install) -> None:
    text = """
from x2face_plugins import MappingSpec

@hookimpl
def x2face_mappings():
    yield MappingSpec(name="nod", summary="Nods", labels=("nod",), units=("1",), load=lambda: None)
"""
    install("acme-nod", driver("nod") + text)
    registry = Registry.load()
    assert [line.kind for line in registry.plugins if line.name == "nod"] == ["offset", "mapping"]
    assert registry.mapping("nod").spec.labels == ("nod",)


def test_commands_join_the_group_but_not_under_our_names(install: Install) -> None:
    import click

    install("acme-count", COMMAND.format(name="count"))
    install("acme-run", COMMAND.format(name="run"))
    registry, group = Registry.load(), click.Group()
    assert registry.commands(group) == {"count": "acme-count"}
    assert list(group.commands) == ["count"]
    assert (line_of("acme-count").kind, line_of("acme-count").summary) == ("command", "Ours.")
    assert line_of("acme-run").status == "conflict"
