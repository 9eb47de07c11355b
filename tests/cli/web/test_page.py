"""`x2face web`: what is served, and what is said when it cannot be."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from x2face_plugins.registry import Registry
from x2face_web.server import _workplace

from .conftest import running


def test_without_gradio_it_says_what_to_install(x2face: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    result = x2face("web", "--port", str(free_port()))
    assert result.code == 3 and result.err.count("\n") == 1
    assert 'pip install "x2face[web]"' in result.err


def test_a_port_that_is_taken_is_told_before_anything_is_loaded(x2face: Callable[..., Any]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = x2face("web", "--port", str(port))
    assert result.code == 2 and f"--port {port}: 127.0.0.1 cannot be listened at" in result.err


@pytest.mark.parametrize("host", ["no such host", "a" * 70, "."])
def test_a_host_that_is_none_is_told(host: str, x2face: Callable[..., Any]) -> None:
    result = x2face("web", "--port", "0", "--host", host)
    assert result.code == 2 and result.err.count("\n") == 1
    assert f"--host {host}: is no address to listen at; 127.0.0.1 is one" in result.err


def test_a_host_of_another_machine_is_told(x2face: Callable[..., Any]) -> None:
    result = x2face("web", "--port", "0", "--host", "192.0.2.1")  # for documentation, of nobody (RFC 5737)
    assert result.code == 2 and "--host 192.0.2.1: is no address of this machine" in result.err


def test_limits_are_checked(x2face: Callable[..., Any]) -> None:
    assert x2face("web", "--max-seconds", "0").code == 2
    assert x2face("web", "--port", "70000").code == 2


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.slow
@pytest.mark.weights
def test_the_page_names_no_other_host_and_has_all_drivers(tmp_path: Path) -> None:
    (folder := tmp_path / "workplace").mkdir()
    with running(folder) as studio:
        html = read(studio.address) + read(studio.address + "theme.css")
    assert set(re.findall(r"https?://([\w.-]+)", html)) - {"127.0.0.1", "www.w3.org"} == set()
    assert "@font-face" not in html
    for name in Registry.load().drivers():
        assert f"Use {name}" in html
    assert "audio gain" in html and "frame crop" in html and "Canvas" in html


def read(address: str) -> str:
    with urlopen(address, timeout=600) as answer:
        return str(answer.read().decode())


def test_the_workplace_is_one_s_own_and_goes_with_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with _workplace() as root:
        assert root.parent == tmp_path and oct(root.stat().st_mode)[-3:] == "700"
        assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
        assert os.environ["GRADIO_TEMP_DIR"] == str(root / "uploads")
    assert list(tmp_path.iterdir()) == [] and "GRADIO_TEMP_DIR" not in os.environ
