"""Fitted mappings are found by name, for one driving space, and loaded once."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from x2face_core.driving import Mapping
from x2face_core.errors import MissingError, PluginError, UsageError, WeightsError
from x2face_plugins import hookspecs
from x2face_plugins.mappings.files import MappingInfo, check_place, mapping_place, read_mapping_info, save_mapping
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.mappings.lookup import find_mapping, fitted_names
from x2face_plugins.registry import Registry

HERE, ELSEWHERE = "a" * 16, "b" * 16


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def stick(more: str = "") -> str:
    text = textwrap.dedent((inspect.getdoc(hookspecs.x2face_mappings) or "").partition("::\n")[2])
    return text.replace('name="stick",', f'name="stick", {more}')


def stored(path: Path, value: float, space: str = HERE, dist: str = "acme-stick", labels: tuple[str, ...] = ("x", "y"),
           rows: int = 2) -> Path:  # fmt: skip
    """A file of the mapping stick whose matrix has one value."""

    class Numbers:
        def state_dict(self) -> dict[str, torch.Tensor]:
            return {"matrix": torch.full((rows, 128), float(value))}

    info = MappingInfo("stick", space, dist, "1.0", labels, ("1", "1"), {"error": torch.tensor(0.5)}, "numbers")
    save_mapping(path, Numbers(), info)
    return path


def written(mapping: Mapping) -> float:
    return float(mapping.write(torch.tensor([[1.0, 0.0]]))[0, 0])


def test_the_given_file_goes_before_the_user_s_own_and_that_before_the_plugin_s(
    install: Callable[..., None], tmp_path: Path
) -> None:
    files = [stored(tmp_path / "other.safetensors", 9, ELSEWHERE), stored(tmp_path / "shipped.safetensors", 1)]
    install("acme-stick", stick(f"files=tuple(__import__('pathlib').Path(p) for p in {[str(p) for p in files]}),"))
    registry = Registry.load()
    assert written(mapping_loader(registry, HERE)("stick")) == 1
    assert written(mapping_loader(registry, ELSEWHERE)("stick")) == 9
    stored(mapping_place(Registry.load().mapping("stick"), HERE), 2)
    assert written(mapping_loader(registry, HERE)("acme-stick:stick")) == 2
    given = stored(tmp_path / "given.safetensors", 3)
    assert written(mapping_loader(registry, HERE, [given])("stick")) == 3
    assert fitted_names(registry, HERE) == fitted_names(registry, ELSEWHERE) == ["stick"]
    assert fitted_names(registry, "c" * 16) == []


def test_a_mapping_is_loaded_once_a_run(install: Callable[..., None]) -> None:
    install("acme-stick", stick())
    stored(mapping_place(Registry.load().mapping("stick"), HERE), 1)
    mappings = mapping_loader(Registry.load(), HERE)
    assert mappings("stick") is mappings("stick")


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    info = read_mapping_info(stored(tmp_path / "a" / "b.safetensors", 1))
    assert (info.name, info.space, info.dist, info.version) == ("stick", HERE, "acme-stick", "1.0")
    assert (info.labels, info.units, info.figures, info.data) == (("x", "y"), ("1", "1"), {"error": 0.5}, "numbers")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.safetensors"]


def test_one_fitted_for_other_weights_only_is_refused_with_the_command(install: Callable[..., None]) -> None:
    install("acme-stick", stick())
    mappings = mapping_loader(Registry.load(), HERE)
    with pytest.raises(MissingError, match="`x2face fit stick --data DIR`"):
        mappings("stick")
    stored(mapping_place(Registry.load().mapping("stick"), ELSEWHERE), 1, ELSEWHERE)
    with pytest.raises(WeightsError, match=f"space {ELSEWHERE}, not {HERE}.*`x2face fit stick --data DIR"):
        mappings("stick")


def test_a_mapping_that_nobody_brings_is_missing() -> None:
    with pytest.raises(MissingError, match="asks for a mapping that is not installed: no mapping is called glove"):
        mapping_loader(Registry.load(), HERE)("glove")


def test_a_file_of_other_numbers_or_another_plugin_is_refused(install: Callable[..., None], tmp_path: Path) -> None:
    install("acme-stick", stick())
    registry = Registry.load()
    one = stored(tmp_path / "one.safetensors", 1, labels=("x", "y", "z"))
    with pytest.raises(WeightsError, match="takes x, y, z, and stick of acme-stick 1.0 x, y"):
        mapping_loader(registry, HERE, [one])("stick")
    with pytest.raises(WeightsError, match="holds the mapping 'stick' of other, not 'stick' of acme-stick"):
        find_mapping(registry.mapping("stick"), HERE, stored(tmp_path / "two.safetensors", 1, dist="other"))
    with pytest.raises(UsageError, match="both hold the mapping 'stick'"):
        mapping_loader(registry, HERE, [one, stored(tmp_path / "three.safetensors", 1)])


def test_what_a_plugin_cannot_take_up_is_the_file_s_fault_and_what_is_no_mapping_the_plugin_s(
    install: Callable[..., None],
) -> None:
    install("acme-stick", stick().replace('state["matrix"]', 'state["gone"]'))
    install("acme-other", stick().replace("load=Stick", "load=object").replace('"stick"', '"other"'))
    stored(mapping_place(Registry.load().mapping("stick"), HERE), 1)
    mappings = mapping_loader(Registry.load(), HERE)
    with pytest.raises(WeightsError, match=r"stick of acme-stick 1.0 cannot take it up \(KeyError\('gone'\)\)"):
        mappings("stick")
    other = Registry.load().mapping("other")
    save_mapping(mapping_place(other, HERE), Registry.load().mapping("stick").spec.load(), MappingInfo.of(other, HERE))
    with pytest.raises(PluginError, match="mapping 'other' of acme-other 1.0 is a object without examples, fit"):
        mappings("other")


def test_a_mapping_that_changed_on_the_disk_is_refused(install: Callable[..., None], tmp_path: Path) -> None:
    install("acme-stick", stick())
    path = stored(tmp_path / "m.safetensors", 2)
    assert written(mapping_loader(Registry.load(), HERE, [path])("stick")) == 2
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="its tensors have sha256"):
        mapping_loader(Registry.load(), HERE, [path])("stick")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_mapping_of_no_numbers_is_refused(install: Callable[..., None], tmp_path: Path, value: float) -> None:
    install("acme-stick", stick())
    path = stored(tmp_path / "m.safetensors", value)
    with pytest.raises(WeightsError, match="numbers that are not finite; fit it again"):
        mapping_loader(Registry.load(), HERE, [path])("stick")


GOOD = {"name": "a", "space": HERE, "dist": "a", "version": "1", "labels": [], "units": []}


@pytest.mark.parametrize(
    "the_metadata",
    [
        "null",
        "7",
        "[" * 100_000,
        json.dumps(GOOD | {"name": None}),
        json.dumps(GOOD | {"space": "../.."}),
        json.dumps(GOOD | {"dist": "../a"}),
        json.dumps(GOOD | {"labels": "xy"}),
    ],
)
def test_a_mapping_that_says_odd_things_of_itself_is_refused(tmp_path: Path, the_metadata: str) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "m.safetensors", metadata={"x2face.mapping": the_metadata})
    with pytest.raises(WeightsError, match=r"m\.safetensors"):
        read_mapping_info(tmp_path / "m.safetensors")


def test_no_name_leads_out_of_the_home_folder(install: Callable[..., None], home: Path) -> None:
    install("acme-stick", stick())
    offer = Registry.load().mapping("stick")
    with pytest.raises(PluginError, match="no name of a distribution"):
        mapping_place(replace(offer, dist="../../evil"), HERE)
    with pytest.raises(WeightsError, match="no fingerprint"):
        mapping_place(offer, "../../evil")
    assert mapping_place(offer, HERE) == home / "mappings" / HERE / "acme-stick" / "stick.safetensors"


def test_a_file_that_holds_another_mapping_is_not_replaced(install: Callable[..., None], tmp_path: Path) -> None:
    install("acme-stick", stick())
    offer = Registry.load().mapping("stick")
    path = stored(tmp_path / "m.safetensors", 1)
    check_place(path, offer)
    check_place(tmp_path / "new" / "m.safetensors", offer)
    stored(path, 1, dist="beta-stick")
    with pytest.raises(UsageError, match="holds the mapping 'stick' of beta-stick"):
        check_place(path, offer)
    (tmp_path / "text").write_text("mine")
    with pytest.raises(UsageError, match="is no mapping"):
        check_place(tmp_path / "text", offer)
    with pytest.raises(UsageError, match="is a file, not a folder"):
        check_place(tmp_path / "text" / "m.safetensors", offer)
