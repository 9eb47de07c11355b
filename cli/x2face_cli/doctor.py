"""`x2face doctor`: checks of the installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from x2face_cli import options, screen
from x2face_cli.findings import Finding
from x2face_core.errors import UsageError


@click.command(
    params=[
        click.Option(["--engines"], is_flag=True, help="Try what can compute the networks: is it right, is it fast?"),
        *options.own_options("weights"),
        click.Option(["--json", "as_json"], is_flag=True, help="One line of JSON."),
    ]
)
@click.pass_context
def doctor(ctx: click.Context, engines: bool, weights: str | None, as_json: bool) -> None:
    """Check this installation. What is optional and missing is a warning; what is needed and missing fails.

    With --engines: each engine and precision that is installed computes the frames of the demo's film, beside torch.
    """
    if weights is not None and not engines:
        raise UsageError("--weights goes with --engines; `x2face weights verify` checks weights.")
    found: list[dict[str, Any]] = []
    exit_code = 0
    for finding, more in _engines(weights) if engines else _all():
        found.append(asdict(finding) | more)
        exit_code = exit_code or (finding.exit_code if finding.status == "fail" else 0)
        if not as_json:
            screen.finding(finding.status, finding.name, _line(finding))
    if as_json:
        screen.result_json(found)
    ctx.exit(exit_code)


def _all() -> Iterator[tuple[Finding, dict[str, Any]]]:
    from x2face_cli.health import examine

    yield from ((finding, {}) for finding in examine())


def _engines(weights: str | None) -> Iterator[tuple[Finding, dict[str, Any]]]:
    """Findings, each with its trial for --json."""
    from x2face_cli.engine_checks import check_engines

    screen.note("trying engines, which takes half a minute")
    for finding, trial in check_engines(weights):
        figures = {} if trial is None else asdict(trial) | {"passes": trial.passes, "tolerance": trial.tolerance}
        yield finding, {"trial": figures}


def _line(finding: Finding) -> str:
    return f"{finding.says.rstrip('.')}; {finding.remedy}" if finding.remedy else finding.says
