"""All output of the commands: results to stdout, everything else to stderr.

Control characters and bidirectional marks in texts from elsewhere, such as file names and metadata, are escaped, so
that they cannot affect the terminal.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")
Row = Sequence[str]

_CELL = 500  # largest number of characters of a table cell
# Control characters except line feed and tab, bidirectional marks, and surrogates.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

_verbosity = 0
_results: TextIO | None = None  # the stream for results, while stdout is redirected


@contextmanager
def results_only() -> Iterator[None]:
    """During a command, only the results of this module reach stdout."""
    from x2face_cli.streams import results_apart

    global _results
    before = _results
    with results_apart() as stream:
        _results = stream
        try:
            yield
        finally:
            _results = before


def _out() -> TextIO:
    return sys.stdout if _results is None else _results


def set_verbosity(level: int) -> None:
    """-1: errors and results only; 0: default; 1: details; 2: tracebacks too."""
    global _verbosity
    _verbosity = level


def verbosity() -> int:
    return _verbosity


def result(text: object) -> None:
    """Print a result line; escaped only on a terminal."""
    click.echo(_plain(str(text)) if _out().isatty() else text, file=_out())


def result_json(value: object) -> None:
    """Print a result as one line of JSON."""
    import json

    click.echo(
        _ESCAPED.sub(_json_escape, json.dumps(_jsonable(value), ensure_ascii=False, allow_nan=False)), file=_out()
    )


def note(text: str) -> None:
    """Print information; silent with -q."""
    if _verbosity >= 0:
        click.echo(_plain(text), err=True)


def detail(text: str) -> None:
    """Print details; only with -v."""
    if _verbosity >= 1:
        click.echo(_plain(text), err=True)


def warn(text: str, *, always: bool = False) -> None:
    """Print a warning; silent with -q, unless `always`."""
    if always or _verbosity >= 0:
        click.echo(_styled(f"x2face: warning: {_one_line(text)}", fg="yellow"), err=True)


def error(text: str, cause: BaseException | None = None) -> None:
    """Print an error in one line; with -vv after its traceback."""
    if cause is not None and _verbosity >= 2:
        trace(cause)
    click.echo(f"{_styled('x2face: error:', fg='red', bold=True)} {_one_line(text)}", err=True)


def trace(cause: BaseException) -> None:
    """Print the traceback of an error, with -vv."""
    import traceback

    click.echo(_plain("".join(traceback.format_exception(cause)).rstrip()), err=True)


def _one_line(text: str, most: int = 2000) -> str:
    line = _plain(" ".join(text.split()))
    return line if len(line) <= most else f"{line[: most // 2]}…{line[most // 2 + 1 - most :]}"  # the end is the reason


def _plain(text: str) -> str:
    """Escape all characters of _ESCAPED; line breaks are kept."""
    return _ESCAPED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _json_escape(found: re.Match[str]) -> str:
    import json

    return json.dumps(found[0])[1:-1]


def _jsonable(value: object) -> object:
    """Convert a value for JSON; numbers that are not finite become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _jsonable(inner) for key, inner in value.items()}
    return [_jsonable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _styled(text: str, **style: Any) -> str:
    """Style a text, unless $NO_COLOR is set (https://no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def table(head: Row, rows: Sequence[tuple[Row, str | None]]) -> None:
    """Print a table to stdout: by rich on a terminal, else as plain columns.

    rows: cells, and a style such as "red" or None
    """
    safe = [(tuple(_one_line(cell, _CELL) for cell in cells), style) for cells, style in rows]
    if _out().isatty():
        _draw(head, safe)
    else:
        _columns([head, *(cells for cells, _ in safe)])


def _draw(head: Row, rows: Sequence[tuple[Row, str | None]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*head, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for cells, style in rows:
        drawn.add_row(*map(Text, cells), style=style)
    Console(file=_out()).print(drawn)


def _columns(rows: Sequence[Row]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        click.echo(
            "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip(), file=_out()
        )


def finding(status: str, name: str, text: str, width: int = 18) -> None:
    """Print a check result to stdout. status: ok, warn or fail; width: of the column of names"""
    colour = {"ok": "green", "warn": "yellow"}.get(status, "red")
    click.echo(f"{_styled(status.ljust(4), fg=colour)}  {_one_line(name):<{width}} {_one_line(text)}", file=_out())


def tree(value: Mapping[str, object], indent: str = "") -> None:
    """Print names and values to stdout, one line each, nested ones indented."""
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            result(f"{indent}{_one_line(str(name))}:")
            tree(inner, indent + "  ")
        else:
            result(f"{indent}{_one_line(str(name))}: {_shown(inner)}")


def _shown(value: object) -> str:
    return "-" if value is None or (isinstance(value, Sized) and not value) else _one_line(str(value))


@contextmanager
def progress(what: str, total: float | None = None, unit: str = "frames") -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr; yields a function to call with the amount done.

    It is shown on a terminal only, and not with -q. total: None if unknown
    """
    if _verbosity < 0 or not sys.stderr.isatty():
        yield _nothing
        return
    with _bar(unit) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, advance=done)


def follow(items: Iterable[T], what: str, total: float | None = None, unit: str = "frames") -> Iterator[T]:
    """Yield the items, showing progress."""
    with progress(what, total, unit) as advance:
        for item in items:
            yield item
            advance(1)


def stages(bars: ExitStack, unit: str = "clips") -> Callable[[str, int, int | None], None]:
    """A function of stage, done and total that shows a progress bar for each stage; `bars` closes the last one.

    total: None if unknown
    """
    now, seen = "", 0
    advance: Callable[[float], None] = _nothing  # until the first stage

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal now, seen, advance
        if stage != now:
            bars.close()
            now, seen = stage, 0
            advance = bars.enter_context(progress(stage, total, unit))
        advance(done - seen)
        seen = done

    return show


def _nothing(done: float) -> None:
    """Progress that is not shown."""


def _bar(unit: str) -> Progress:
    from rich import progress as parts
    from rich.console import Console
    from rich.text import Text

    class Speed(parts.ProgressColumn):
        def render(self, task: parts.Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.1f} {unit}/s" if speed else "", style="progress.data.speed")

    return parts.Progress(
        parts.TextColumn("{task.description}"),
        parts.BarColumn(),
        parts.MofNCompleteColumn(),
        Speed(),
        parts.TimeElapsedColumn(),
        parts.TextColumn("left"),
        parts.TimeRemainingColumn(),
        console=Console(stderr=True),
    )
