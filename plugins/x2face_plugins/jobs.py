"""Tables of films to make: each row is a film, each column an option of `x2face run`."""

from __future__ import annotations

import csv
import glob
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x2face_core.errors import InputError, UsageError
from x2face_core.files.placing import readable_file
from x2face_plugins.registry import Registry
from x2face_plugins.run_options import RunOptions
from x2face_plugins.settings import read_settings
from x2face_plugins.words import read_words

SEPARATOR = ";"
"""Separates several values in a cell, such as several pictures of a face."""
_TRUE, _FALSE = ("true", "yes"), ("false", "no")
_FIELD = re.compile(r"\{([^{}]*)\}")
_WILDCARD = re.compile(r"[*?[]")
MAX_FILMS = 100_000
"""Largest number of films in a table."""


@dataclass(frozen=True)
class Job:
    """One film.

    line: number in the table, from 1; words: options as keywords of `x2face.run`; empty cells are left out
    fault: why the row is not a valid job; None if it is
    """

    line: int
    words: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None

    @property
    def key(self) -> str:
        """Identifies the job from batch to batch: a hash of its options."""
        return hashlib.sha256(json.dumps(self.words, sort_keys=True, default=str).encode()).hexdigest()


def read_jobs(table: Path, registry: Registry) -> list[Job]:
    """Read the films of a UTF-8 CSV table whose header names options of run, with - or _, with or without leading --.

    Several values in a cell are separated by ;. An option without a value, such as idle, is true, yes, false or no. In
    a cell {column} is replaced by the value of another column; of a file name, by its stem. A source with *, ? or
    [...] makes a film of every matching file.
    InputError if the table cannot be read, UsageError for a column that is not an option of run or of a driver.
    """
    columns, rows = _read(table)
    for column in columns:
        try:
            read_words(registry, {column: "true"} if column != "driver" else {})
        except UsageError as error:
            raise UsageError(f"{table}, line 1: {error}") from error
    many = {one.name for one in read_settings(RunOptions) if one.many} | {"driver"}
    jobs = [job for line, cells in rows for job in _jobs(line, columns, cells, many)]
    if not jobs:
        raise InputError(f"{table}: names no film; a row a film is needed below the header.")
    if len(jobs) > MAX_FILMS:
        raise InputError(f"{table}: names {len(jobs)} films; {MAX_FILMS} are the most in one table.")
    return jobs


def _read(table: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Column names, and line number and cells of each row that is not empty."""
    readable_file(table)
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: cannot be read ({error}); expected a CSV table in UTF-8.") from error
    columns = [name.strip().removeprefix("--").replace("-", "_") for name in header]
    if "source" not in columns:
        raise InputError(f"{table}: its first line has no column `source`; it names the options, such as source,audio.")
    if twice := [name for name in columns if columns.count(name) > 1 or not name]:
        raise InputError(
            f"{table}: its first line names {twice[0] or 'an empty column'} {columns.count(twice[0])} times."
        )
    return columns, rows


def _jobs(line: int, columns: list[str], cells: list[str], many: set[str]) -> Iterator[Job]:
    """The jobs of one row: several where its source has wildcards."""
    if len(cells) > len(columns):
        yield Job(line, fault=f"has {len(cells)} cells for {len(columns)} columns; put cells with a comma in quotes")
        return
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    source = given.get("source", "")
    wild = _WILDCARD.search(source) and not Path(source).exists()
    sources = sorted(glob.glob(source, recursive=True)) if wild else [source]  # noqa: PTH207 (Path.glob is relative)
    if not source or not sources:
        yield Job(line, fault=f"source {source!r} matches no file" if source else "names no source")
        return
    for one in sources:
        try:
            yield Job(line, _words(given | {"source": one}, many))
        except UsageError as error:
            yield Job(line, fault=str(error))


def _words(given: Mapping[str, str], many: set[str]) -> dict[str, Any]:
    """Convert cells to keywords of x2face.run. UsageError for a {name} that is no column with a value."""
    words: dict[str, Any] = {}
    for name, cell in given.items():
        text = _FIELD.sub(lambda found: _named(found[1], given, name), cell)  # noqa: B023 (called at once)
        if text.lower() not in _FALSE:
            words[name] = text.lower() in _TRUE or text
        if name in many:
            words[name] = [part.strip() for part in text.split(SEPARATOR) if part.strip()]
    return words


def _named(name: str, given: Mapping[str, str], column: str) -> str:
    other = name.strip().replace("-", "_")
    if other not in given or other == column:
        raise UsageError(f"{column}: {{{name}}} names no other column with a value in this row")
    return Path(given[other].split(SEPARATOR)[0].rstrip("/\\")).stem
