"""`x2face`: finds and runs a command, and turns errors into one line and an exit code."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from x2face_cli import failures, screen
from x2face_cli.interrupts import interruptible
from x2face_cli.quieting import quieted
from x2face_cli.streams import guarded_streams
from x2face_cli.verbosity import with_verbosity
from x2face_core.errors import PluginError, X2FaceError
from x2face_core.foreign import describe_error, is_interrupt

# Name of a command: its module and object, and its help. Modules are imported when a command is called.
TABLE = {
    "demo": ("x2face_cli.demo:demo", "Make the demonstration films."),
    "run": ("x2face_cli.run:run", "Drive the face in a picture."),
    "live": ("x2face_cli.live:live", "Drive a face in real time, on a page of this machine."),
    "batch": ("x2face_cli.batch:batch", "Make many films, a row of a table each."),
    "rerun": ("x2face_cli.rerun:rerun", "Make a film again, bit for bit, from its manifest."),
    "web": ("x2face_cli.web:web", "Open the studio, a page in the browser."),
    "embed": ("x2face_cli.embed:embed", "Write the embedded face as a picture, to paint on."),
    "check": ("x2face_cli.check:check", "Say whether pictures and films suit, and what would help."),
    "drivers": ("x2face_cli.drivers:drivers", "List what can drive a face, and show a driver's options."),
    "prepare": ("x2face_cli.prepare:prepare", "Turn films into cropped clips to train on."),
    "train": ("x2face_cli.train:train", "Train the networks."),
    "fit": ("x2face_cli.fit:fit", "Fit a mapping that drivers ask for."),
    "figure": ("x2face_cli.figure:figure", "Draw the paper's figures, of your films or face tracks."),
    "table": ("x2face_cli.table:table", "Measure the paper's tables."),
    "evaluate": ("x2face_cli.evaluate:evaluate", "Measure weights on people they have not seen."),
    "weights": ("x2face_cli.weights:weights", "List, describe and verify weights."),
    "convert": ("x2face_cli.convert:convert", "Make weights of the files that the authors released."),
    "export": ("x2face_cli.export:export", "Write the networks for other programs: ONNX, OpenVINO."),
    "doctor": ("x2face_cli.doctor:doctor", "Check this installation."),
}


class Commands(click.Group):
    """The commands of TABLE, imported on demand, and those of plugins."""

    dists: dict[str, str] | None = None  # distribution by plugin command, once plugins are loaded

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*TABLE, *sorted(self.load_plugins())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in TABLE:
            module, _, attribute = TABLE[cmd_name][0].partition(":")
            return quieted(with_verbosity(getattr(importlib.import_module(module), attribute)))
        self.load_plugins()
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, but a name that is close to a command's is answered with that one."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            import difflib  # imported late, as it slows every start down

            close = difflib.get_close_matches(name, self.list_commands(ctx), 1)
            raise click.UsageError(f"No such command {name!r}{f'; did you mean {close[0]}?' if close else '.'}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, summary) for name, (_, summary) in TABLE.items()]
        rows += [(name, self.commands[name].get_short_help_str(100)) for name in sorted(self.load_plugins())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (X2FaceError, click.ClickException, click.exceptions.Exit, click.Abort, SystemExit):
            raise
        except BaseException as error:
            name = ctx.invoked_subcommand
            if name is None or name not in (self.dists or {}) or is_interrupt(error):
                raise
            raise PluginError(
                f"the command {name} of {self.load_plugins()[name]} failed: {describe_error(error)}."
            ) from error

    def load_plugins(self) -> dict[str, str]:
        if self.dists is None:
            from x2face_plugins.registry import Registry

            self.dists = Registry.load().commands(self)
        return self.dists


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="x2face", message="x2face %(version)s")
@click.pass_context
def x2face(ctx: click.Context) -> None:
    """Drive the face in a photograph by a film, or by anything a plugin reads.

    x2face COMMAND --help lists a command's options.
    """
    if ctx.invoked_subcommand is None:
        screen.result(ctx.get_help())


with_verbosity(x2face)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    arguments: without the program's name; default: those of the process
    """
    screen.set_verbosity(0)
    with guarded_streams(), interruptible():
        try:
            code = x2face.main(arguments, prog_name="x2face", standalone_mode=False)
        except BaseException as error:
            return failures.report(error)
    return code if isinstance(code, int) else 0


def command_line() -> NoReturn:
    """The program: runs `main`, and ends the process even if threads are still running, of plugins or of torch.

    Threads of a process group may wait for the interpreter while it takes itself down, and so forever
    (pytorch/pytorch#190489): processes that torchrun started end without that.
    """
    code = main()
    lingering = [one for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]
    if not lingering and "TORCHELASTIC_RUN_ID" not in os.environ:
        gc.freeze()  # else the interpreter traverses all objects twice more, which takes longer than a film of 2 s
        sys.exit(code)
    if not lingering:
        atexit._run_exitfuncs()  # os._exit leaves them out
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
