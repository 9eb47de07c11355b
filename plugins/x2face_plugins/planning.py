"""The plan of a film, validated as far as possible before heavy imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import UsageError
from x2face_core.rendering.outputs import Output, named_files, resolve_file, resolve_output
from x2face_plugins.choosing import Choice
from x2face_plugins.run_options import RunOptions
from x2face_plugins.signing import refuse_half, tried_credentials

if TYPE_CHECKING:
    from x2face_core.rendering.credentials import Credentials
    from x2face_core.rendering.job import Job
    from x2face_core.streaming.active import ActiveDriver, ActiveOverlay

_OF_THE_JOB = (
    "source_frames", "fps", "seconds", "sound", "compare", "paste_back", "fusion", "force", "batch_size", "seed",
    "mark", "finish", "smooth", "sharpen", "background",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The loaded drivers and overlays of a plan, each in the order in which they were named."""

    drivers: list[ActiveDriver]
    overlays: list[ActiveOverlay]

    def joined_by(self, choice: Choice) -> Loaded:
        """The same and one driver more. Raises as Plan.load."""
        from x2face_core.streaming.active import ActiveDriver

        one = choice.load()
        return replace(self, drivers=[*self.drivers, one]) if isinstance(one, ActiveDriver) else self


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Options, drivers and outputs of a run.

    choices: drivers and overlays in the order in which they were named
    record, manifest: motion file and manifest to write, or None
    """

    options: RunOptions
    choices: tuple[Choice, ...]
    output: Output
    record: Path | None = None
    manifest: Path | None = None

    @classmethod
    def of(cls, options: RunOptions, choices: Sequence[Choice]) -> Plan:
        """Make a plan. UsageError if there is no source or no driver, or an output path is not valid."""
        if not options.source:
            raise UsageError("there is no face to drive; name a picture of it, such as -s photo.jpg.")
        if not choices:
            raise UsageError("nothing drives the face; name what does, such as --frame film.mp4, see `x2face drivers`.")
        inputs = [one.input for one in choices if one.input is not None]
        driving = Path(inputs[0]).stem if inputs else choices[0].offer.name
        read = [replace(options, output=None, record=None), *(one.settings for one in choices)]
        files = list(named_files(read))
        output = resolve_output(options.output, options.source, driving, overwrite=options.overwrite, inputs=files)
        _check_signing(options, output)
        record = None
        if options.record:
            record = resolve_file(options.record, ".x2v", overwrite=options.overwrite, inputs=files).path
        manifest = None
        if options.manifest:
            beside = f"{str(output).rstrip('/')}.json"
            manifest = resolve_file(beside, ".json", overwrite=options.overwrite, inputs=files).path
        return cls(options=options, choices=tuple(choices), output=output, record=record, manifest=manifest)

    def load(self) -> Loaded:
        """Load drivers and overlays. PluginError if one fails, InputError if an input cannot be read."""
        from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
        from x2face_plugins.searching import searching

        with searching(self.options.seconds):
            loaded = [one.load() for one in self.choices]
        return Loaded(
            drivers=[one for one in loaded if isinstance(one, ActiveDriver)],
            overlays=[one for one in loaded if isinstance(one, ActiveOverlay)],
        )

    def credentials(self) -> Credentials | None:
        """What the film is signed with, tried out; None if it is not. InputError if it cannot sign."""
        return tried_credentials(self.options.c2pa_certificate, self.options.c2pa_key)

    def with_options(self, options: Mapping[str, Any]) -> Plan:
        """The same with other values of some options of a run, by field."""
        return replace(self, options=replace(self.options, **options))

    def joined_by(self, choice: Choice) -> Plan:
        """The same with one choice more."""
        return replace(self, choices=(*self.choices, choice))

    @property
    def job(self) -> Job:
        from x2face_core.rendering.job import Job

        return Job(
            sources=self.options.source,
            output=self.output,
            record=self.record,
            cropping=self.options.cropping,
            complete=False if self.options.no_completion else None,
            **{name: getattr(self.options, name) for name in _OF_THE_JOB},
        )


def _check_signing(options: RunOptions, output: Output) -> None:
    """UsageError for a certificate without its key, or an output that holds no C2PA manifest."""
    refuse_half(options.c2pa_certificate, options.c2pa_key)
    if options.c2pa_certificate is not None and not output.folder and output.path.suffix.lower() == ".webm":
        raise UsageError(
            f"{output}: WebM has no place for a C2PA manifest; choose .mp4, .gif or a folder/ of pictures."
        )
