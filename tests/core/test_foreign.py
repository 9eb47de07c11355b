"""A stranger's code: its bugs are its own, an input of the user's that cannot be read is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import InputError, PluginError
from x2face_core.foreign import Owner, call_foreign

NOD = Owner("driver", "nod", "acme", "1.0")


def test_an_owner_is_told_by_role_name_and_distribution() -> None:
    assert str(NOD) == "driver 'nod' of acme 1.0"
    assert str(Owner("mapping", "pose")) == "mapping 'pose'"


@pytest.mark.parametrize("bug", [KeyError("x"), SystemExit(3), OSError("no such device")])
def test_a_bug_names_its_owner(bug: BaseException) -> None:
    def fails() -> None:
        raise bug

    with pytest.raises(PluginError, match=r"The driver 'nod' of acme 1.0 failed: \w+"):
        call_foreign(NOD, fails, (("--nod", Path("here.txt")),))


def test_a_missing_input_names_the_option(tmp_path: Path) -> None:
    path = tmp_path / "gone.txt"
    for read in (path.read_text, lambda: np.loadtxt(path), lambda: Image.open(path)):
        with pytest.raises(InputError, match=r"--nod .*gone.txt: cannot be read"):
            call_foreign(NOD, read, (("--nod", path),))


def test_a_file_inside_an_input_s_folder_is_the_user_s_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--nod .*: cannot be read \(No such file"):
        call_foreign(NOD, (tmp_path / "0.png").read_bytes, (("--nod", tmp_path),))


def test_another_file_is_the_plugin_s_own_affair(tmp_path: Path) -> None:
    with pytest.raises(PluginError):
        call_foreign(NOD, (tmp_path / "model.bin").read_bytes, (("--nod", tmp_path / "in.txt"),))


def test_what_is_no_text_is_told_where_one_file_can_be_meant(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_bytes(b"\xff\xfe")
    other.write_text("fine")
    with pytest.raises(InputError, match=r"--nod .*a.txt: is no text in UTF-8 \(byte 0\)"):
        call_foreign(NOD, path.read_text, (("--nod", path),))
    with pytest.raises(PluginError):
        call_foreign(NOD, path.read_text, (("--nod", path), ("--nod-map", other)))
