"""`x2face batch`: a film a row, with tiny untrained networks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.films import drawn
from x2face_cli.app import main
from x2face_core.errors import InputError, UsageError
from x2face_core.media.images import write_picture
from x2face_core.media.video import probe
from x2face_core.media.writing import write_film
from x2face_plugins.jobs import Job, read_jobs
from x2face_plugins.registry import Registry

FIXED = "crop,frame_crop,size"
FIXED_CELLS = "none,none,64"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with a.png, b.png and film.mp4 (4 frames); `loads` counts how often weights are loaded."""
    monkeypatch.chdir(tmp_path)
    loads: list[Any] = []
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: loads.append(given) or tiny_model)
    monkeypatch.setattr("tests.cli.test_batch.loads", loads, raising=False)
    write_picture("a.png", drawn(4))
    write_picture("b.png", drawn(6))
    write_film("film.mp4", (drawn(k) for k in range(4)), 20)
    return tmp_path


def table(*rows: str, header: str = f"source,frame,output,{FIXED}") -> str:
    Path("jobs.csv").write_text("\n".join([header, *rows]), "utf-8")
    return "jobs.csv"


def row(source: str, output: str, frame: str = "film.mp4") -> str:
    return f"{source},{frame},{output},{FIXED_CELLS}"


def batch(*args: str) -> int:
    return main(["batch", *args])


def report(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_film_a_row_and_weights_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(table(row("a.png", "one.mp4"), "", row("b.png", "deep/{source}-{frame}.mp4"))) == 0
    assert capsys.readouterr().out.split() == ["one.mp4", "deep/b-film.mp4"]
    assert [probe(name).frames for name in ("one.mp4", "deep/b-film.mp4")] == [4, 4]
    assert len(globals()["loads"]) == 1


def test_broken_rows_do_not_stop_the_others(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("text.png").write_text("no picture")
    rows = [
        row("missing.png", "1.mp4"),
        row("a.png", "2.mp4"),
        row("text.png", "3.mp4"),
        row("a.png", "4.txt"),
        row("", "5.mp4"),
        row("a.png", "2.mp4"),
        row("a.png", "7.mp4") + ",more",
        row("a.png", "{sauce}.mp4"),
        row("b.png", "9.mp4"),
    ]
    assert batch(table(*rows), "--json") == 3
    captured = capsys.readouterr()
    found = json.loads(captured.out.splitlines()[-1])
    assert [film["line"] for film in found["films"]] == [3, 10]
    assert [(one["line"], one["exit_code"]) for one in found["failed"]] == [
        (2, 3), (4, 3), (5, 2), (6, 2), (7, 2), (8, 2), (9, 2)
    ]  # fmt: skip
    reasons = [one["error"] for one in found["failed"]]
    parts = ["missing.png", "text.png", "4.txt", "no source", "2.mp4", "7 cells for 6", "{sauce}"]
    assert [part for part, reason in zip(parts, reasons, strict=True) if part not in reason] == []
    assert captured.err.count("jobs.csv, line") == 7
    assert sorted(path.name for path in place.glob("*.mp4")) == ["2.mp4", "9.mp4", "film.mp4"]


def test_it_goes_on_where_it_was_stopped(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the second film: the first is left as it is, the second is made anew over its beginning."""
    import x2face_plugins.batch as batching

    made, whole = [], batching.make_film

    def stopped(plan: Any, *given: Any) -> Any:
        made.append(str(plan.output))
        if len(made) == 2:
            plan.output.path.write_bytes(b"half a film")
            raise KeyboardInterrupt
        return whole(plan, *given)

    jobs = table(row("a.png", "1.mp4"), row("b.png", "2.mp4"), row("a.png", "3.mp4"))
    monkeypatch.setattr(batching, "make_film", stopped)
    assert batch(jobs) == 130
    monkeypatch.setattr(batching, "make_film", whole)
    before = Path("1.mp4").stat().st_mtime_ns
    capsys.readouterr()
    assert batch(jobs, "--resume", "--json") == 0
    found = report(capsys)
    assert (found["skipped"], [film["line"] for film in found["films"]]) == ([2], [3, 4])
    assert Path("1.mp4").stat().st_mtime_ns == before
    assert probe("2.mp4").frames == 4
    Path("3.mp4").unlink()  # a film that is gone is made again
    assert batch(jobs, "--resume", "--json") == 0
    assert [film["line"] for film in report(capsys)["films"]] == [4]


def test_without_resume_what_exists_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = table(row("a.png", "1.mp4"))
    assert batch(jobs) == 0
    assert batch(jobs) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize("overwrite", ["yes", "no"])
def test_two_rows_do_not_write_one_film(place: Path, capsys: pytest.CaptureFixture[str], overwrite: str) -> None:
    jobs = table(
        *[row(source, "1.mp4") + f",{overwrite}" for source in ("a.png", "b.png")],
        header=f"source,frame,output,{FIXED},overwrite",
    )
    assert batch(jobs) == 2
    assert "1.mp4 is also the output of line 2" in capsys.readouterr().err


def test_a_pattern_is_a_film_for_each_picture(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(table(row("[ab].png", "out/{source}.mp4"), row("c*.png", "c.mp4"))) == 3 - 1
    captured = capsys.readouterr()
    assert captured.out.split() == ["out/a.mp4", "out/b.mp4"]
    assert "line 3" in captured.err and "matches no file" in captured.err


def test_cells_become_words(place: Path) -> None:
    header = "source,--pose-yaw,idle,compare,paste-back,output"
    listed = read_jobs(
        Path(table("a.png; b.png,0:20,yes,no,TRUE,{source}.mp4", 'a.png,,,,,"x,y.mp4"', header=header)), Registry.load()
    )
    assert [job.words for job in listed] == [
        {"source": ["a.png", "b.png"], "pose_yaw": "0:20", "idle": True, "paste_back": True, "output": "a.mp4"},
        {"source": ["a.png"], "output": "x,y.mp4"},
    ]
    assert [job.line for job in listed] == [2, 3]


def test_the_key_of_a_job_is_what_it_asks_for(place: Path) -> None:
    assert Job(2, {"source": ["a"], "size": "64"}).key == Job(9, {"size": "64", "source": ["a"]}).key
    assert Job(2, {"source": ["a"]}).key != Job(2, {"source": ["b"]}).key


@pytest.mark.parametrize(
    ("content", "error", "named"),
    [
        (b"frame,output\nf.mp4,o.mp4\n", InputError, "no column `source`"),
        (b"source,source\na,b\n", InputError, "names source 2 times"),
        (b"source,sauce\na,b\n", UsageError, "jobs.csv, line 1: there is no option --sauce; did you mean --source"),
        (b"source,frame\n", InputError, "names no film"),
        (b"", InputError, "is empty"),
        (b"source\n\xff\xfe\n", InputError, "UTF-8"),
        (b'source\n"a\n', InputError, "cannot be read"),
    ],
)
def test_a_table_that_is_none_is_refused(place: Path, content: bytes, error: type[Exception], named: str) -> None:
    Path("jobs.csv").write_bytes(content)
    with pytest.raises(error, match=named):
        read_jobs(Path("jobs.csv"), Registry.load())


def test_a_table_that_is_not_there_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch("none.csv") == 3
    assert capsys.readouterr().err.startswith("x2face: error: none.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("jobs.csv")
    assert batch("jobs.csv") == 3
    assert "is a pipe" in capsys.readouterr().err


def test_broken_states_of_a_batch_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = table(row("a.png", "1.mp4"))
    Path("jobs.csv.done.json").write_text("[1")
    assert batch(jobs, "--resume") == 3
    assert "jobs.csv.done.json" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["my notes", "{}x", '{"a": 1}', "[]"])
def test_a_file_of_the_name_of_the_states_is_not_replaced(
    place: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    Path("jobs.csv.done.json").write_text(content)
    assert batch(table(row("a.png", "1.mp4"))) == 2
    assert "jobs.csv.done.json: is no record of an earlier batch" in capsys.readouterr().err
    assert Path("jobs.csv.done.json").read_text() == content and not Path("1.mp4").exists()


def test_an_engine_is_for_all_rows_that_name_none(place: Path) -> None:
    header = f"source,frame,output,engine,{FIXED}"
    rows = [f"a.png,film.mp4,{name}.mp4,{engine},{FIXED_CELLS}" for name, engine in (("one", ""), ("two", "auto"))]
    assert batch(table(*rows, header=header), "--engine", "torch") == 0
    assert [given[-1] for given in globals()["loads"]] == ["torch", "auto"]


def test_the_table_is_not_replaced_by_a_film(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.link(
        table(row("a.png", "film-of-a.mp4") + ",true", header=f"source,frame,output,{FIXED},overwrite"), "film-of-a.mp4"
    )
    assert batch("jobs.csv") == 2
    assert "is one of the inputs, the table" in capsys.readouterr().err
    assert Path("jobs.csv").samefile("film-of-a.mp4")
