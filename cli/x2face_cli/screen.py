"""All that is printed. Results go to stdout as they are; everything else goes to stderr.

No text from elsewhere, a file's name, a plugin's summary, the metadata of weights, reaches a terminal with characters
that would move its cursor or turn its letters round: they are escaped.
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

_CELL = 500  # letters of a table's cell
# Control characters but for line feeds and tabs, those that turn the direction of writing, and halves of characters.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

_verbosity = 0
_results: TextIO | None = None  # where results go, while others' code may write to stdout


@contextmanager
def results_only() -> Iterator[None]:
    """For the time of a command, nothing reaches stdout but the results of this module."""
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
    """-1 only errors and results, 0 as usual, 1 details, 2 tracebacks too."""
    global _verbosity
    _verbosity = level


def verbosity() -> int:
    return _verbosity


def result(text: object) -> None:
    """A line that was asked for: as it is, except for a terminal."""
    click.echo(_plain(str(text)) if _out().isatty() else text, file=_out())


def result_json(value: object) -> None:
    """One line of JSON."""
    import json

    click.echo(
        _ESCAPED.sub(_json_escape, json.dumps(_jsonable(value), ensure_ascii=False, allow_nan=False)), file=_out()
    )


def note(text: str) -> None:
    """What is going on; silent with -q."""
    if _verbosity >= 0:
        click.echo(_plain(text), err=True)


def detail(text: str) -> None:
    """What is only said with -v."""
    if _verbosity >= 1:
        click.echo(_plain(text), err=True)


def warn(text: str) -> None:
    """What the user should know though it went on; silent with -q."""
    if _verbosity >= 0:
        click.echo(_styled(f"x2face: warning: {_one_line(text)}", fg="yellow"), err=True)


def error(text: str, cause: BaseException | None = None) -> None:
    """What stopped the command, in one line; with -vv where it came from, before it."""
    if cause is not None and _verbosity >= 2:
        trace(cause)
    click.echo(f"{_styled('x2face: error:', fg='red', bold=True)} {_one_line(text)}", err=True)


def trace(cause: BaseException) -> None:
    """Where an error came from."""
    import traceback

    click.echo(_plain("".join(traceback.format_exception(cause)).rstrip()), err=True)


def _one_line(text: str, most: int = 2000) -> str:
    line = _plain(" ".join(text.split()))
    return line if len(line) <= most else f"{line[: most // 2]}…{line[most // 2 + 1 - most :]}"  # how it ends says why


def _plain(text: str) -> str:
    """Lines as they are, and every character that is no letter, sign or space escaped."""
    return _ESCAPED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _json_escape(found: re.Match[str]) -> str:
    import json

    return json.dumps(found[0])[1:-1]


def _jsonable(value: object) -> object:
    """What JSON has a form for: of numbers that are not finite it has none, and null stands for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _jsonable(inner) for key, inner in value.items()}
    return [_jsonable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _styled(text: str, **style: Any) -> str:
    """In colour, unless $NO_COLOR says otherwise (https://no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def table(head: Row, rows: Sequence[tuple[Row, str | None]]) -> None:
    """A table on stdout: drawn by rich on a terminal, plain columns, never cut, elsewhere.

    rows: cells, and the style of the row, such as "red", or None
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
    """A line on stdout that is well (ok), not quite (warn) or not at all (fail). width: letters of the longest name"""
    colour = {"ok": "green", "warn": "yellow"}.get(status, "red")
    click.echo(f"{_styled(status.ljust(4), fg=colour)}  {_one_line(name):<{width}} {_one_line(text)}", file=_out())


def tree(value: Mapping[str, object], indent: str = "") -> None:
    """Names and values on stdout, a line each, what is within something further in."""
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
    """A bar on stderr with speed and time left; the function it gives is called with how much was done.

    It is drawn on a terminal only, and not with -q. total: None where nobody knows
    """
    if _verbosity < 0 or not sys.stderr.isatty():
        yield lambda done: None
        return
    with _bar(unit) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, advance=done)


def follow(items: Iterable[T], what: str, total: float | None = None, unit: str = "frames") -> Iterator[T]:
    """The same items, with progress shown as they are taken."""
    with progress(what, total, unit) as advance:
        for item in items:
            yield item
            advance(1)


def stages(bars: ExitStack, unit: str = "clips") -> Callable[[str, int, int | None], None]:
    """A function of stage, done and total that shows one bar after the other; `bars` closes the last one.

    total: None where nobody knows
    """
    now, seen = "", 0
    advance: Callable[[float], None] = lambda done: None  # noqa: E731 (stands in until the first stage)

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal now, seen, advance
        if stage != now:
            bars.close()
            now, seen = stage, 0
            advance = bars.enter_context(progress(stage, total, unit))
        advance(done - seen)
        seen = done

    return show


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
