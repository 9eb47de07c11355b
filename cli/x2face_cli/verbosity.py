"""The options -v and -q of all commands."""

from __future__ import annotations

from collections.abc import Iterable

import click

from x2face_cli import screen


def with_verbosity(command: click.Command) -> click.Command:
    """Add -v and -q to a command and its subcommands, unless they define these options themselves."""
    taken = {name for param in command.params for name in param.opts}
    command.params += [option for option in _verbosity_options() if not taken.intersection(option.opts)]
    if isinstance(command, click.Group):
        for below in command.commands.values():
            with_verbosity(below)
    return command


def _verbosity_options() -> Iterable[click.Option]:
    return (
        click.Option(["-v", "--verbose"], count=True, expose_value=False, callback=_louder, help="Say more; -vv most."),
        click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=_quieter, help="Say only errors."),
    )


def _louder(ctx: click.Context, param: click.Parameter, value: int) -> None:
    if value:
        screen.set_verbosity(value)


def _quieter(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        screen.set_verbosity(-1)
