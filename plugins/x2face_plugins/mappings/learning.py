"""Fitting plugin mappings safely: examples are validated on the way, and the result is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_core.driving import Factor, FilmEncoder, Mapping
from x2face_core.errors import InputError, PluginError
from x2face_core.foreign import Owner, call_foreign

Pair = tuple[Tensor, Tensor]
_KEPT = 64
_TOLERANCE = 0.02  # of the largest value: tolerance of read(write(p)) = p


@dataclass
class Examples:
    """Validates a mapping's examples, and collects a few of them.

    owner: for errors; labels: of the k numbers; width: of a driving vector
    rows: number of rows seen; kept: one row of values (k,) from each of the first examples
    """

    owner: Owner
    labels: tuple[str, ...]
    width: int = 128
    rows: int = 0
    kept: list[Tensor] = field(default_factory=list)

    @property
    def k(self) -> int:
        return len(self.labels)

    def checked(self, pairs: Iterable[Any]) -> Iterator[Pair]:
        """Pass non-empty pairs on. PluginError for anything but values (n, k) and vectors (n, 128)."""
        left = call_foreign(self.owner, lambda: iter(pairs))
        while (pair := call_foreign(self.owner, lambda: next(left, None))) is not None:
            fault = self._fault(pair)
            if fault is not None:
                raise PluginError(f"The {self.owner} gave {fault} as an example.")
            if len(pair[0]):
                self._count(pair[0])
                yield pair

    def _fault(self, pair: Any) -> str | None:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            return f"{type(pair).__name__}, not a pair of values and vectors,"
        values, vectors = (tuple(getattr(one, "shape", ())) for one in pair)
        if len(values) != 2 or values[1] != self.k or vectors != (values[0], self.width):
            return f"values of shape {values} and vectors of {vectors}, not (n, {self.k}) and (n, {self.width}),"
        if not all(torch.isfinite(torch.as_tensor(one)).all() for one in pair):
            return "numbers that are not finite"
        return None

    def _count(self, values: Any) -> None:
        self.rows += len(values)
        if len(self.kept) < _KEPT:
            self.kept.append(torch.as_tensor(values[len(values) // 2]).detach().float().cpu())


def learn(mapping: Mapping, folder: Path, film: FilmEncoder, examples: Examples) -> dict[str, Any]:
    """Fit a mapping to the examples that it finds in a folder; returns its figures.

    InputError if there are no examples; PluginError if its code fails.
    """
    pairs = examples.checked(call_foreign(examples.owner, lambda: mapping.examples(folder, film)))
    first = next(pairs, None)
    if first is None:
        raise InputError(f"{folder}: the {examples.owner} found nothing to learn from in this folder.")
    figures = call_foreign(examples.owner, lambda: mapping.fit(chain([first], pairs)))
    if not isinstance(figures, Mapped | None):
        raise PluginError(f"The {examples.owner} returned {figures!r} from fit; names and figures are expected.")
    return dict(figures or {})


def try_out(mapping: Mapping | Factor, examples: Examples, *, factor: bool) -> None:
    """PluginError if a fitted mapping does not write driving vectors, or a factor does not read what it wrote."""
    values = torch.stack([torch.zeros(examples.k), *examples.kept])
    written = _answer(examples.owner, "write", values[:1], mapping, examples.width)
    written = torch.cat([written, _answer(examples.owner, "write", values[1:], mapping, examples.width)])
    if not factor:
        return
    read = _answer(examples.owner, "read", written, mapping, examples.k)
    close = (read - values).abs() <= _TOLERANCE * values.abs().amax(0).clamp(min=1e-3)
    if not close.all():
        row, column = close.logical_not().nonzero()[0].tolist()
        raise PluginError(
            f"The {examples.owner} reads {examples.labels[column]} {read[row, column]:.4g} where it wrote "
            f"{values[row, column]:.4g}; a factor's read(write(p)) has to be p."
        )


def _answer(owner: Owner, method: str, given: Tensor, mapping: Any, width: int) -> Tensor:
    """Call write or read, and check that it returns finite (n, width)."""
    answer = call_foreign(owner, lambda: torch.as_tensor(getattr(mapping, method)(given)).detach().cpu())
    if tuple(answer.shape) != (len(given), width) or not answer.is_floating_point():
        raise PluginError(
            f"The {owner} answered {method} of {tuple(given.shape)} with {tuple(answer.shape)} {answer.dtype}; "
            f"{(len(given), width)} floating numbers are needed."
        )
    if not torch.isfinite(answer).all():
        raise PluginError(f"The {owner} answered {method} with numbers that are not finite.")
    return answer.float()
