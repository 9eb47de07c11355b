"""`x2face batch`: render the films of a table."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x2face_cli import failures, options, screen
from x2face_cli.values import ExpandedPath, Word

if TYPE_CHECKING:
    from x2face_plugins.batch import Outcome


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("table", metavar="JOBS.csv", type=ExpandedPath())
@click.option("--resume", is_flag=True, help="Leave out films that an earlier batch of this table finished.")
@click.option("--workers", type=click.IntRange(1, 256), help="Films at a time, each in a process of its own.")
@click.option("--scheduler", type=Word(), metavar="ADDRESS", help="A Dask scheduler, whose workers make the films.")
@options.with_engine(None)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about all films.")
@click.pass_context
def batch(
    ctx: click.Context,
    table: Path,
    resume: bool,
    workers: int | None,
    scheduler: str | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Make a film of every row of a table; its columns are options of `x2face run`.

    Weights are loaded once. A row that fails does not stop the others: failures are listed at the end, and the exit
    code is that of the first. In a cell, ; separates several values, and {source} stands for the source's name; a
    source such as people/*.jpg is a film for each picture. What was finished is noted in JOBS.csv.done.json.

    \b
    source,audio,output
    anna.jpg,hello.wav,films/{source}-{audio}.mp4
    people/*.jpg,hello.wav,films/{source}.mp4
    """
    from x2face_core.clusters import cluster_of
    from x2face_plugins.batch import Batch
    from x2face_plugins.jobs import read_jobs
    from x2face_plugins.registry import Registry

    started = time.perf_counter()
    registry = Registry.load()
    jobs = read_jobs(table, registry)
    outcomes, words = [], {} if engine is None else {"engine": engine}
    with cluster_of(workers, scheduler) as client, screen.progress("films", len(jobs), "films") as advance:
        batched = Batch(table, registry, resume=resume, fault_of=failures.known, words=words, client=client)
        for outcome in batched.run(jobs):
            outcomes.append(outcome)
            _show(table, outcome, as_json)
            advance(1)
    outcomes.sort(key=lambda outcome: outcome.job.line)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if as_json:
        screen.result_json(_summary(outcomes) | {"wall_seconds": round(time.perf_counter() - started, 3)})
    for outcome in failed:
        screen.warn(f"{table}, line {outcome.job.line}: {outcome.error}")
    made_now = sum(outcome.report is not None for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    before = f", {skipped} were done before" if skipped else ""
    screen.note(f"{made_now} of {len(jobs)} films made{before}" + (f", {len(failed)} failed" if failed else ""))
    if failed and failed[0].error is not None:
        ctx.exit(failed[0].error.exit_code)


def _show(table: Path, outcome: Outcome, as_json: bool) -> None:
    """Print the path and the warnings of a finished film."""
    if outcome.report is None:
        return
    for warning in outcome.report["warnings"]:
        screen.warn(f"{table}, line {outcome.job.line}: {warning}")
    if not as_json:
        screen.result(outcome.report["output"])


def _summary(outcomes: list[Outcome]) -> dict[str, object]:
    """The object of --json. films: reports as of `x2face run --json`, with the line in the table"""
    return {
        "films": [{"line": one.job.line, **one.report} for one in outcomes if one.report is not None],
        "skipped": [one.job.line for one in outcomes if one.skipped],
        "failed": [
            {"line": one.job.line, "exit_code": one.error.exit_code, "error": str(one.error)}
            for one in outcomes
            if one.error is not None
        ],
    }
