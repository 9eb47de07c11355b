"""Making a film again from its manifest, and telling what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_plugins.filming import film, load_session
from x2face_plugins.local_plugins import is_path
from x2face_plugins.manifest import NOT_AGAIN, Manifest, read_manifest
from x2face_plugins.planning import Plan
from x2face_plugins.provenance import input_checksum
from x2face_plugins.registry import Registry
from x2face_plugins.settings import read_settings
from x2face_plugins.words import ParsedWords, read_words

if TYPE_CHECKING:
    from x2face_core.rendering.job import Follow


@dataclass(frozen=True)
class Rerun:
    """The result of a rerun.

    report: as of x2face.run; same: whether all frames are equal to those of the manifest, bit for bit
    differences: what was not as it was then: inputs, weights, mappings, versions, machine
    """

    report: dict[str, Any]
    same: bool
    differences: list[str]


def rerun(
    path: Path, *, output: str | None = None, overwrite: bool = False, force: bool = False,
    progress: Follow | None = None,
) -> Rerun:  # fmt: skip
    """Make the film of a manifest again.

    output: of the new film; None: beside the manifest, such as out.rerun.mp4
    force: go on although inputs or weights have changed
    InputError if an input is missing, or has changed without `force`; WeightsError if the weights have changed without
    `force`; UsageError for a film that was driven live; else as x2face.run.
    """
    then = read_manifest(path)
    if then.live:
        raise UsageError(
            f"{path}: this film was driven live, which cannot be repeated; a run with --record keeps its motion for "
            "--track."
        )
    found = {one["path"]: _found(path, then, one["path"], one["role"]) for one in then.inputs}
    changed = [one for one in then.inputs if input_checksum(found[one["path"]]) != one["sha256"]]
    if changed and not force:
        raise InputError(f"{path}: {_changed(changed)}; --force makes the film with what is there now.")
    plan, registry = _plan(path, then, found, output, overwrite)
    session = load_session(plan, registry)
    weights = session.model.info
    others = weights.sha256 != then.weights["sha256"]
    if others and not force:
        raise WeightsError(
            f"{path}: the film was made with the weights {then.weights['name']} of sha256 {then.weights['sha256'][:12]}"
            f"…, and {weights.name} has {weights.sha256[:12]}…; --force makes it with these."
        )
    report, now = film(plan, registry, session, progress, threads=_threads(then))
    differences = [_changed([one]) for one in changed]
    differences += [f"the weights are {weights.name} of sha256 {weights.sha256[:12]}…"] if others else []
    differences += _differences(then, now)
    return Rerun(report, now.output["frames_sha256"] == then.output["frames_sha256"], differences)


def _threads(then: Manifest) -> int | None:
    """Torch's threads then, as sums may be rounded otherwise by another number of them."""
    threads = then.machine.get("threads")
    return threads if isinstance(threads, int) and 1 <= threads <= 1024 else None


def _found(manifest: Path, then: Manifest, path: str, role: str) -> Path:
    """An input where it was, else in the same place beside the manifest, else beside it. InputError otherwise."""
    there, beside = Path(then.folder) / path, manifest.absolute().parent
    for place in (there, beside / path, beside / Path(path).name):
        if place.exists():
            return place
    raise InputError(f"{manifest}: its {role} {path} is not there any more; put it beside the manifest.")


def _changed(inputs: list[dict[str, Any]]) -> str:
    names = " and ".join(f"{one['role']} {one['path']}" for one in inputs)
    return f"{names} {'has' if len(inputs) == 1 else 'have'} changed since"


def _plan(
    path: Path, then: Manifest, found: Mapping[str, Path], output: str | None, overwrite: bool
) -> tuple[Plan, Registry]:
    """The plan of the film. UsageError as Plan.of, and where the options are none of this x2face's."""
    _check_code(path, then, found)
    words = {name: _placed(value, found) for name, value in then.options.items() if name not in NOT_AGAIN}
    words["weights"] = _weights(path, str(words.get("weights", then.weights["name"])))
    registry = Registry.load()
    words |= _before(then, registry)
    parsed = read_words(registry, words | {"output": output or _beside(path, then), "overwrite": overwrite})
    _drop_written(parsed)
    return Plan.of(parsed.options(), parsed.choices()), parsed.registry


def _weights(manifest: Path, named: str) -> str:
    """Weights by name or path, from beside the manifest if a file is not where it was."""
    beside = manifest.absolute().parent / Path(named).name
    return str(beside) if not Path(named).exists() and beside.is_file() else named


def _before(then: Manifest, registry: Registry) -> dict[str, Any]:
    """Options of drivers that came after the manifest and change films, with values that leave them as they were."""
    words = {}
    for row in then.drivers:
        name, settings = row.get("name"), row.get("settings")
        if isinstance(name, str) and isinstance(settings, dict) and registry.has_driver(name):
            offer = registry.driver(name)
            for one in read_settings(offer.spec.settings) if offer.dist == row.get("dist") else ():
                if one.before is not None and one.name not in settings:
                    words[f"{name}_{one.name}"] = one.before
    return words


def _check_code(path: Path, then: Manifest, found: Mapping[str, Path]) -> None:
    """InputError for a one-file driver, whose code would be run, that is not among the inputs, which are verified."""
    named = then.options.get("driver", [])
    for name in named if isinstance(named, list) else [named]:
        if not isinstance(name, str):
            raise InputError(
                f"{path}: is no manifest (one of its drivers is no text); `x2face run --manifest` writes one."
            )
        if is_path(name) and str(Path(name)) not in found:
            raise InputError(f"{path}: names the driver {name}, and not what was in it; its code is not run.")


def _drop_written(parsed: ParsedWords) -> None:
    """Leave out files that drivers would write: a manifest may come from anybody, and names no place for them."""
    for name, given in parsed.drivers.items():
        for setting in read_settings(parsed.registry.driver(name).spec.settings):
            if setting.writes:
                given.pop(setting.name, None)


def _placed(value: Any, found: Mapping[str, Path]) -> Any:
    """An option's value with the inputs' present paths."""
    if isinstance(value, list):
        return [_placed(one, found) for one in value]
    there = found.get(str(Path(value))) if isinstance(value, str) and value else None
    return value if there is None else str(there)


def _beside(manifest: Path, then: Manifest) -> str:
    """out.rerun.mp4 beside out.mp4.json; frames.rerun/ for a folder."""
    name = Path(then.output["path"].rstrip("/"))
    again = manifest.with_name(f"{name.stem}.rerun{name.suffix}")
    return f"{again}/" if then.output["path"].endswith("/") else str(again)


def _differences(then: Manifest, now: Manifest) -> list[str]:
    """One line for each mapping, version and property of the machine that is not as it was."""
    pairs: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        ("mapping ", _short(then.mappings), _short(now.mappings)),
        ("", then.versions, now.versions),
        ("", then.machine, now.machine),
    ]
    return [line for what, before, after in pairs for line in _changes(what, before, after)]


def _short(sums: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{str(value)[:12]}…" for name, value in sums.items()}


def _changes(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield f"{what}{name} was {before.get(name) or 'not there'}, and is {after.get(name) or 'not there'}"
