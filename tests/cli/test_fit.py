"""`x2face fit`: a stranger's mapping, from films beside measurements to a run that uses it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.films import drawn
from x2face_core.media.images import write_picture
from x2face_core.media.writing import write_film
from x2face_plugins import hookspecs

DRIVER = '''
from dataclasses import dataclass
from x2face_plugins import Chunk, DriverSpec, option

@dataclass(frozen=True)
class Settings:
    x: float = option(1.0, help="How far.")

class Push:
    def __init__(self, settings):
        self.settings = settings

    def drive(self, source):
        import torch
        stick = source.mapping("stick")
        moved = torch.tensor([[self.settings.x, 0.0]])
        yield Chunk((stick.write(moved) - stick.write(torch.zeros(1, 2))).repeat(4, 1), 20.0)

@hookimpl
def x2face_drivers():
    yield DriverSpec(name="push", summary="Pushes", relative=True, settings=Settings, load=Push,
                     demo=lambda folder: Settings(), holds=())
'''  # fmt: skip


def stick() -> str:
    """The mapping that the hook's documentation shows."""
    block = (inspect.getdoc(hookspecs.x2face_mappings) or "").partition("::\n")[2]
    return textwrap.dedent(block)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """source.png, and in data two films with a table each: a row a frame, one film with a row too few."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", drawn(4))
    (tmp_path / "data").mkdir()
    for name, rows in (("a", 20), ("b", 19)):
        write_film(f"data/{name}.mp4", (drawn(k // 2) for k in range(20)), 20)
        np.savetxt(f"data/{name}.csv", [[k / 20, 1 - k / 20] for k in range(rows)], delimiter=",")
    return tmp_path


@pytest.fixture
def installed(install: Callable[..., None]) -> None:
    install("acme-stick", stick() + DRIVER)


FIT = ("fit", "stick", "--data", "data", "--crop", "none")
RUN = ("run", "-s", "source.png", "--crop", "none", "--size", "32", "--driver", "push", "--json", "--overwrite")
STORED = Path("home/mappings/0000000000000000/acme-stick/stick.safetensors")


def test_a_stranger_s_mapping_is_fitted_stored_and_used(x2face: Callable, place: Path, installed: None) -> None:
    fitted = x2face(*FIT, "--json")
    assert fitted.code == 0, fitted.err
    report = json.loads(fitted.out)
    assert Path(report["output"]) == place / STORED and (place / STORED).is_file()
    assert (report["name"], report["dist"], report["version"], report["space"]) == (
        "stick",
        "acme-stick",
        "1.0",
        "0" * 16,
    )
    assert (report["labels"], report["units"], report["data"]) == (["x", "y"], ["1", "1"], "data: 39 rows, 2 films")
    assert report["figures"]["error"] >= 0
    ran = x2face(*RUN)
    assert ran.code == 0, ran.err
    (driver,) = json.loads(ran.out)["drivers"]
    assert driver["rms"] > 0
    twice = json.loads(x2face(*RUN, "--push-x", "2").out)["drivers"][0]
    assert twice["rms"] == pytest.approx(2 * driver["rms"], rel=1e-3)


def test_a_mapping_in_one_file_is_fitted_by_its_path_and_used(x2face: Callable, place: Path) -> None:
    (place / "shove.py").write_text(stick() + DRIVER)
    run = [word if word != "push" else "./shove.py" for word in RUN]
    missing = x2face(*run)
    assert missing.code == 3 and "x2face fit PATH/shove.py --data DIR" in missing.err
    fitted = x2face("fit", "./shove.py", *FIT[2:], "--json")
    assert fitted.code == 0, fitted.err
    report = json.loads(fitted.out)
    assert (report["name"], report["dist"], report["space"]) == ("stick", "shove.py", "0" * 16)
    ran = x2face(*run)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["drivers"][0]["rms"] > 0


def test_a_file_without_a_mapping_is_refused(x2face: Callable, place: Path) -> None:
    (place / "still.py").write_text("import x2face_plugins\nhookimpl = x2face_plugins.hookimpl\n" + DRIVER)
    result = x2face("fit", "./still.py", *FIT[2:])
    assert result.code == 2 and "one mapping is needed, and this plugin brings none" in result.err
    gone = x2face("fit", "./gone.py", *FIT[2:])
    assert gone.code == 3 and "gone.py" in gone.err


def test_a_run_that_lacks_a_mapping_names_the_command_that_fits_it(
    x2face: Callable, place: Path, installed: None
) -> None:
    result = x2face(*RUN)
    assert (result.code, result.out) == (3, "") and "x2face fit stick --data DIR" in result.err
    assert not list(place.glob("outputs/*"))


def test_a_file_is_used_where_run_names_it_and_prints_its_place(x2face: Callable, place: Path, installed: None) -> None:
    result = x2face(*FIT, "-o", "own/stick.safetensors")
    assert (result.code, result.out) == (0, "own/stick.safetensors\n") and "39 rows" in result.err
    assert not (place / STORED).exists()
    assert x2face(*RUN, "--mapping", "own/stick.safetensors").code == 0
    assert x2face(*RUN).code == 3


def test_a_mapping_of_another_space_is_refused_with_the_command(
    x2face: Callable, place: Path, installed: None, monkeypatch: pytest.MonkeyPatch, tiny_model: Any
) -> None:
    assert x2face(*FIT, "-o", "stick.safetensors").code == x2face(*FIT).code == 0
    other = type(tiny_model)(tiny_model.networks, dataclasses.replace(tiny_model.info, fingerprint="f" * 16))
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: other)
    for more in ((), ("--mapping", "stick.safetensors")):
        result = x2face(*RUN, *more)
        assert (result.code, result.out, result.err.count("\n")) == (5, "", 1)
        assert "x2face fit stick --data DIR" in result.err and "f" * 16 in result.err


@pytest.mark.parametrize("broken", [b"", b"no mapping", b"cut"])
def test_a_broken_file_is_refused(x2face: Callable, place: Path, installed: None, broken: bytes) -> None:
    assert x2face(*FIT, "-o", "stick.safetensors").code == 0
    file = place / "stick.safetensors"
    file.write_bytes(file.read_bytes()[:-64] if broken == b"cut" else broken)
    result = x2face(*RUN, "--mapping", "stick.safetensors")
    assert (result.code, result.out, result.err.count("\n")) == (5, "", 1) and "stick.safetensors" in result.err


def test_weights_and_files_that_hold_no_mapping_are_refused(x2face: Callable, place: Path, installed: None) -> None:
    from x2face_core.weights import find_weights

    result = x2face(*RUN, "--mapping", str(find_weights()))
    assert result.code == 5 and "holds no mapping" in result.err
    assert x2face(*RUN, "--mapping", "gone.safetensors").code == 5
    assert x2face(*RUN, "--mapping", "gone.safetensors").err.count("\n") == 1


def test_what_cannot_be_fitted_is_told_before_anything_is_read(x2face: Callable, place: Path, installed: None) -> None:
    (place / "precious.txt").write_text("mine")
    assert x2face("fit", "stick", "--data", "gone").code == 3
    assert x2face("fit", "stick", "--data", "source.png").code == 3
    assert x2face("fit", "stik", "--data", "data").code == 2
    assert x2face(*FIT, "-o", "precious.txt").code == 2
    assert x2face(*FIT, "-o", "data").code == 2
    assert x2face(*FIT, "-o", "source.png/stick.safetensors").code == 2
    assert (place / "precious.txt").read_text() == "mine" and not (place / "home").exists()


def test_a_home_that_cannot_be_one_is_refused_before_anything_is_read(
    x2face: Callable, place: Path, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X2FACE_HOME", str(place / "source.png" / "home"))
    result = x2face(*FIT)
    assert result.code == 2
    assert "source.png is a file, not a folder; choose another output." in result.err
    assert "reading films" not in result.err


def test_a_folder_without_examples_is_one_line(x2face: Callable, place: Path, installed: None) -> None:
    (place / "empty").mkdir()
    result = x2face("fit", "stick", "--data", "empty")
    assert (result.code, result.out, result.err.count("\n")) == (3, "", 1)
    assert "mapping 'stick' of acme-stick 1.0 found nothing to learn from" in result.err


def test_clips_that_were_prepared_are_taken_whole(x2face: Callable, place: Path, installed: None) -> None:
    (place / "data" / "clips.csv").write_text("0.5,0.5\n")
    (place / "data" / "clips.mp4").write_bytes((place / "data" / "a.mp4").read_bytes())
    assert x2face("fit", "stick", "--data", "data").code == 0


def test_films_without_a_face_are_one_line_and_another_code(x2face: Callable, place: Path, installed: None) -> None:
    result = x2face("fit", "stick", "--data", "data")
    assert (result.code, result.err.count("\n")) == (4, 1) and "no film shows a face" in result.err
    assert not (place / STORED).exists()


FAULTS = {
    "return {\"error\":": ("raise RuntimeError('no fit')  #", "RuntimeError: no fit"),
    "self.matrix = torch.linalg.lstsq(measured, vectors).solution": (
        "self.matrix = torch.full((2, 128), torch.nan)", "numbers that are not finite"),
    "return {\"matrix\": self.matrix}": ("return {'matrix': 3}", "int, in its state_dict()"),
    "return values @ self.matrix": ("return values", "(1, 128)"),
    "yield measured[:rows], vectors[:rows]": ("yield measured[:3], vectors[:4]", "values of shape (3, 2)"),
    "self.matrix = state[\"matrix\"]": ("self.matrix = state['other']", "KeyError: 'other'"),
}  # fmt: skip


@pytest.mark.parametrize("line", FAULTS)
def test_a_stranger_s_fault_names_mapping_and_distribution_and_leaves_nothing(
    x2face: Callable, place: Path, install: Callable, line: str
) -> None:
    instead, message = FAULTS[line]
    assert line in stick()
    install("acme-stick", stick().replace(line, instead))
    result = x2face(*FIT)
    assert (result.code, result.out, result.err.count("\n")) == (6, "", 1), result.err
    assert "mapping 'stick' of acme-stick 1.0" in result.err and message in result.err
    assert not list((place / "home").rglob("*.safetensors*"))


@pytest.mark.parametrize(("read", "code"), [("pinv(self.matrix)", 0), ("pinv(self.matrix) / 2", 6)])
def test_a_factor_has_to_read_what_it_wrote(
    x2face: Callable, place: Path, install: Callable, read: str, code: int
) -> None:
    text = stick().replace('summary="', 'factor=True, summary="')
    reads = f"    def read(self, v):\n        import torch\n        return v @ torch.linalg.{read}\n\n"
    text = text.replace("    def examples(", f"{reads}    def examples(")
    install("acme-stick", text)
    result = x2face(*FIT)
    assert result.code == code, result.err
    assert code == 0 or "read(write(p)) has to be p" in result.err


def test_what_a_plugin_prints_stays_off_stdout(x2face: Callable, place: Path, install: Callable) -> None:
    install("acme-stick", stick().replace('return {"error":', "print('hello'); return {\"error\":"))
    result = x2face(*FIT, "--json")
    assert json.loads(result.out) and "hello" in result.err


def test_info_and_show_tell_what_is_fitted(
    x2face: Callable, place: Path, installed: None, monkeypatch: pytest.MonkeyPatch, tiny_model: Any
) -> None:
    from x2face_core.weights import find_weights, read_info

    info = read_info(find_weights())
    model = type(tiny_model)(tiny_model.networks, info)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: model)
    shown = x2face("drivers", "show", "stick")
    assert shown.code == 0 and "x2face fit stick" in shown.out and "x (1), y (1)" in shown.out
    assert "stick" not in json.loads(x2face("weights", "info", info.name, "--json").out)["mappings"]
    assert x2face(*FIT).code == 0
    assert str(Path("acme-stick", "stick.safetensors")) in "".join(x2face("drivers", "show", "stick").out.split())
    assert "stick" in json.loads(x2face("weights", "info", info.name, "--json").out)["mappings"]
