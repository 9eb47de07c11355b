"""Where a film goes, and in which form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from x2face_core.errors import UsageError

SUFFIXES = (".mp4", ".webm", ".gif")


@dataclass(frozen=True)
class Output:
    """A film by suffix, or a folder of numbered pictures."""

    path: Path
    folder: bool = False

    @property
    def has_sound(self) -> bool:
        return not self.folder and self.path.suffix.lower() != ".gif"


def settle(
    text: str | None, sources: Sequence[Path], driving: str, *, overwrite: bool, inputs: Iterable[Path]
) -> Output:
    """Decide where the film goes; a name that ends in / is a folder.

    text: as the user wrote it; None: outputs/{source}--{driving}.mp4
    UsageError for an unknown suffix, something in the way, or an output that is one of the inputs.
    """
    text = text or f"outputs/{sources[0].stem}--{driving}.mp4"
    output = Output(Path(text), folder=text.endswith(("/", "\\")))
    if not output.folder and output.path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{text}: a film's name ends in {', '.join(SUFFIXES)}; a folder's in /.")
    _refuse_what_is_in_the_way(output, overwrite)
    _refuse_an_input(output.path, inputs)
    return output


def settle_file(text: str, suffix: str, *, overwrite: bool, inputs: Iterable[Path]) -> Path:
    """The same for one file of a kind of its own, whose name has to end in `suffix`. UsageError as in settle."""
    path = Path(text)
    if text.endswith(("/", "\\")) or path.suffix.lower() != suffix:
        raise UsageError(f"{text}: the name of this file has to end in {suffix}.")
    _refuse_what_is_in_the_way(Output(path), overwrite)
    _refuse_an_input(path, inputs)
    return path


def _refuse_an_input(output: Path, inputs: Iterable[Path]) -> None:
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise UsageError(f"{output} is one of the inputs; choose another output.")


def _refuse_what_is_in_the_way(output: Output, overwrite: bool) -> None:
    path = output.path
    above = next((folder for folder in path.parents if folder.exists()), None)
    if above is not None and not above.is_dir():
        raise UsageError(f"{path}: {above} is a file, not a folder; choose another output.")
    if not path.exists() and not path.is_symlink():
        return
    if path.is_dir() != output.folder:
        there, wanted = ("a folder", "a file") if path.is_dir() else ("a file", "a folder")
        raise UsageError(f"{path} is {there} and the output would be {wanted}; choose another name.")
    if output.folder and not any(path.iterdir()):
        return
    if not overwrite:
        raise UsageError(f"{path} exists already; --overwrite replaces it.")
