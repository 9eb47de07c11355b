"""What a plugin may say of itself, and whose a name is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.testkit import nodding
from tests.testkit.handmade import driver_of, mapping_of, overlay_of
from x2face_core.errors import PluginError, UsageError
from x2face_plugins.checking import check_driver, check_mapping
from x2face_plugins.loading import MOST, Plugin, load_plugins
from x2face_plugins.registry import Registry

NOD = Path(nodding.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("summary", "", "one line of text is needed"),
        ("summary", "two\nlines", "one line of text is needed"),
        ("load", None, "a function is needed"),
        ("demo", "folder", "a function is needed"),
        ("holds", "pose", "a tuple of names is needed"),
        ("relative", 1, "True or False is needed"),
        ("endless", None, "True or False is needed"),
        ("api", "1", "a whole number is needed"),
        ("api", 2, "was written for plugin interface 2"),
    ],
)
def test_a_driver_declared_with_something_odd_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        check_driver(driver_of(**{field: value}))


def test_overlays_and_mappings_are_looked_at_too() -> None:
    with pytest.raises(PluginError, match="moving='yes'; True or False is needed"):
        check_driver(overlay_of(lambda self, face, seconds: face, moving="yes"))
    with pytest.raises(PluginError, match="labels='xy'; a tuple of names is needed"):
        check_mapping(mapping_of(labels="xy"))
    with pytest.raises(PluginError, match="a tuple of paths is needed"):
        check_mapping(mapping_of(files=[]))
    with pytest.raises(PluginError, match="1 labels and 2 units"):
        check_mapping(mapping_of(labels=("x",)))


def test_a_declaration_that_never_ends_is_cut_off(install: Callable[..., None]) -> None:
    install("acme-nod", NOD.replace("    yield Driver", "    while True: yield Driver"))
    (line,) = [line for line in Registry.load().plugins if line.dist == "acme-nod"]
    assert line.status == "failed" and f"more than {MOST} specs" in (line.error or "")


def with_a_broken_frame(*others: Plugin) -> Registry:
    ours = [plugin for plugin in load_plugins() if plugin.bundled and plugin.name != "frame"]
    broken = Plugin(name="frame", dist="x2face", version="0", status="failed", error="ImportError: av")
    return Registry([*ours, broken, *others])


def test_a_bundled_name_is_kept_while_the_bundled_driver_is_broken() -> None:
    theirs = Plugin(name="theirs", dist="acme", version="1.0", drivers=(driver_of(name="frame"),))
    registry = with_a_broken_frame(theirs)
    (line,) = [line for line in registry.plugins if line.dist == "acme"]
    assert (line.status, "a name of x2face's own" in (line.error or "")) == ("conflict", True)
    with pytest.raises(PluginError, match="the plugin frame of x2face failed to load: ImportError: av"):
        registry.driver("frame")
    assert registry.driver("acme:frame").spec is theirs.drivers[0]
    assert "frame" not in registry.drivers()


def test_a_disabled_plugin_is_told_by_its_distribution(
    install: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-nod", NOD, entry="nod")
    monkeypatch.setenv("X2FACE_PLUGINS", "")
    with pytest.raises(UsageError, match="the plugin nod of acme-nod is disabled"):
        Registry.load().driver("nod")


def test_an_offer_tells_where_everything_comes_from(install: Callable[..., None]) -> None:
    install("acme-nod", NOD)
    offers = {(offer.name, offer.spec.kind): offer for offer in Registry.load().offers()}
    nod = offers["nod", "offset"]
    assert (nod.dist, nod.version, nod.module) == ("acme-nod", "1.0", "installed_acme_nod")
    assert (str(nod.owner), nod.full_name) == ("driver 'nod' of acme-nod 1.0", "acme-nod:nod")
    assert offers["frame", "offset"].bundled and offers["pose", "mapping"].bundled and not nod.bundled
