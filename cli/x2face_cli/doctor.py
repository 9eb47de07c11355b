"""`x2face doctor`: checks of the installation."""

from __future__ import annotations

from dataclasses import asdict

import click

from x2face_cli import screen
from x2face_cli.findings import Finding
from x2face_cli.health import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check this installation. What is optional and missing is a warning; what is needed and missing fails."""
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            screen.finding(finding.status, finding.name, _line(finding))
    if as_json:
        screen.result_json([asdict(finding) for finding in findings])
    ctx.exit(next((finding.exit_code for finding in findings if finding.status == "fail"), 0))


def _line(finding: Finding) -> str:
    return f"{finding.says.rstrip('.')}; {finding.remedy}" if finding.remedy else finding.says
