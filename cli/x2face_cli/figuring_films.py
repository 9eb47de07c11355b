"""The implementation of `x2face figure cyclegan`, `warp`, `sources` and `scar`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from x2face_cli import options, screen
from x2face_cli.figuring import Given, chosen_paint, loaded, sources_of
from x2face_cli.timing import Timing
from x2face_core.errors import NoFaceError, UsageError
from x2face_core.files.ledger import noting
from x2face_core.rendering.outputs import Output
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveOverlay
from x2face_lab.comparison.jobs import FilmInput, Job, jobs_of_films, jobs_of_people
from x2face_lab.comparison.marks import Marks, best_marks
from x2face_lab.comparison.methods import Method, Ours, Translated, Warped
from x2face_lab.demo.paint import write_scar
from x2face_lab.figures.comparing import Painted, by_sources, compared
from x2face_lab.figures.drawing import write_sheet
from x2face_lab.figures.strips import Example, strips_sheet
from x2face_plugins.registry import Registry
from x2face_plugins.session import Session


@noting()
def cyclegan(given: Given, output: Output) -> None:
    from x2face_baselines.cyclegan import CycleGANSettings
    from x2face_baselines.cyclegan_files import CycleGANFolder

    kept = CycleGANFolder(given["models"], CycleGANSettings(steps=given["steps"]))
    with _jobs(given) as (session, jobs), ExitStack() as bars:
        timing = Timing(screen.stages(bars, "steps"))
        models = {}
        for job in jobs:
            source, driver = job.take.persons
            if (driver, source) in models or (source, driver) in models:
                continue

            def told(done: int, total: int, what: str = f"CycleGAN of {source} and {driver}") -> None:
                timing(what, done, total)

            mine, other = job.pictures(kept.settings.side)
            models[source, driver] = kept.model(mine, other, told)
        _write(
            given, output, _compared(session, jobs, [Translated(models), Ours(session.model, session.mapping)], given)
        )


@noting()
def warp(given: Given, output: Output) -> None:
    from x2face_core.data.folder import FaceFolder

    marks = best_marks(None if given["data"] is None else FaceFolder(given["data"]))
    with _jobs(given, marks) as (session, jobs):
        finished = [Ours(session.model, session.mapping, poisson=True)] if session.model.anchors else []
        if not finished:
            screen.warn("the row + p.-p. is left out: these weights do not say where the mouth is in a face.")
        methods: list[Method] = [Warped(hidden=True), Warped(), *finished, Ours(session.model, session.mapping)]
        _write(given, output, _compared(session, jobs, methods, given))


@noting()
def sources(given: Given, output: Output) -> None:
    from x2face_core.model import X2Face
    from x2face_lab.demo.inputs import FILM
    from x2face_lab.tables.reconstruction import stage_of

    weights = given["weights"] or (None,)
    each = [X2Face.load(one, engine=given["engine"], device=given["device"]) for one in weights]
    stages = [f"stage {stage_of(model)}" for model in each]
    names = [stage if stages.count(stage) == 1 else model.name for stage, model in zip(stages, each, strict=True)]
    models = dict(zip(names, each, strict=True))
    examples = []
    for film in _films(given, FILM):
        pictures, fps = film.read(given["size"], max(2, round(given["seconds"] * 25)))
        examples.append(by_sources(pictures.float() / 255, models, given["frames"], fps))
    _write(given, output, examples)


@noting()
def scar(registry: Registry, given: Given, output: Output) -> None:
    with _jobs(given, registry=registry) as (session, jobs), chosen_paint(given["edit.input"], write_scar) as paint:
        overlays = [one for one in [loaded(registry, "edit", given, paint)] if isinstance(one, ActiveOverlay)]
        examples = []
        for job in jobs:
            subject = job.face()
            take = job.with_face(session.model, subject)
            examples.append(Painted(subject, overlays).example(take, given["frames"], job.fps))
        _write(given, output, examples)


def _compared(session: Session, jobs: Sequence[Job], methods: Sequence[Method], given: Given) -> list[Example]:
    examples = []
    for job in jobs:
        if (person := job.take.without_face) is not None:
            screen.warn(f"{job.take.persons[0]} is left out: no landmarks were found of {person}.")
            continue
        examples.append(compared(job.take, methods, session.model, given["frames"], job.fps))
    if not examples:
        raise NoFaceError("nobody is left to be shown; choose other films.")
    return examples


def _write(given: Given, output: Output, examples: Sequence[Example]) -> None:
    write_sheet(output.path, strips_sheet(examples, given["cell"]), overwrite=output.overwrite)
    screen.result(output)


@contextmanager
def _jobs(
    given: Given, marks: Marks | None = None, registry: Registry | None = None
) -> Iterator[tuple[Session, list[Job]]]:
    """Weights, and whom the figure shows, driven by a film of --frame, of somebody else of --data, or of the demo."""
    from x2face_core.data.folder import FaceFolder
    from x2face_lab.demo.inputs import FILM

    if given["data"] is not None and given["frame"] is not None:
        raise UsageError("--data: its people drive one another; leave out --frame, or give sources by -s.")
    session = Session.load(
        given["weights"], given["device"], engine=given["engine"], mappings=given["mapping"], registry=registry
    )
    find, seconds = _finder(session, given), given["seconds"]
    if given["data"] is not None:
        folder = FaceFolder(given["data"])
        yield session, jobs_of_people(session.model, find, folder, given["split"], given["people"], seconds, marks)
        return
    film = FilmInput(given["frame"] or FILM, given["frame_crop"], session.model.dims.crop_scale)
    with sources_of(given) as (paths, _):
        shown = [FilmInput(path, given["crop"], given["crop_scale"]) for path in paths]
        yield session, jobs_of_films(session.model, find, shown, film, seconds, marks)


def _finder(session: Session, given: Given) -> Callable[..., ModelSource]:
    cropping = {name: given[name] for name in options.OF_SOURCES[1:]}

    def find(path: Path, **more: Any) -> ModelSource:
        return session.face(path, **{**cropping, **more}).source

    return find


def _films(given: Given, default: Path) -> list[FilmInput]:
    """The films of the figure `sources`: given, of --data, or the demo's."""
    if given["data"] is None:
        return [FilmInput(path, given["crop"], given["crop_scale"]) for path in given["source"] or (default,)]
    with sources_of(given) as (paths, crop):
        return [FilmInput(path, crop["crop"]) for path in paths]
