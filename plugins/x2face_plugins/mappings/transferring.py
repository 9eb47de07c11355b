"""Motion of another face as offsets from its rest frame.

Its expression is amplified by as much as frames lose of it, and its head's pose corrected and kept within reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.driving import Factor, Source
from x2face_core.errors import MissingError, WeightsError
from x2face_plugins.mappings.affine import AffineFactor
from x2face_plugins.mappings.calibrating import calibrated, spaced
from x2face_plugins.mappings.correcting import Corrected
from x2face_plugins.mappings.reaching import Reach

EXPRESSION = ("mouth", "eyes")
"""Factors that are amplified."""
POSE = "pose"
"""The factor that is corrected, and kept within reach."""
MOST = 1.5
"""Largest gain that makes up for what frames do not show; 1.7 of the width cost correlation of mouth and pitch."""
MOST_HIDDEN = 2.0
"""The same of what lids hide: a gaze moves nothing but the irises; 2.6 of it costs correlation."""

CLOSING = (0.4, 2.0)
"""Bounds of how much less or more lids of a source have to go than those of its driver."""
_LEAST_WAY, _SEEN = 0.02, 0.1  # eye widths above shut: the least way to go; where a gaze is seen
_NEAR = 0.03  # of what shut lids hide, the furthest from the source's own: eye widths, as of a gaze


def makes_up(factor: Factor | AffineFactor) -> Tensor:
    """(k,) gain, 1 to MOST, by which a factor's change is amplified; 1 where it is not known what frames show of it.

    MOST_HIDDEN for numbers that others hide, as lids hide a gaze.
    """
    if not isinstance(factor, AffineFactor):
        return torch.ones(1)
    most = torch.full_like(factor.followed, MOST)
    most[list(factor.hidden)] = MOST_HIDDEN
    return torch.minimum((1 / factor.followed).clamp_min(1.0), most)


@dataclass(frozen=True, eq=False)
class Amplified:
    """A factor whose change is multiplied. gain: (k,)

    Within the factor's limits only: no face opens its mouth further than people do, and lids stop where they are shut.
    measured: the driver's numbers are measured in its pictures. Then limits hold for its own change as well, and lids
        are shut when the driver's are, however far both are open at rest; else what the driver brings is never cut.
        Behind shut lids the gaze stays near the source's own.
    """

    factor: Factor | AffineFactor
    gain: Tensor
    measured: bool = False

    def added(self, own: Tensor, rest: Tensor, driver: Tensor) -> Tensor:
        """(n, 128) to add to offsets.

        own, rest: (1, k) numbers of the source and of the driver at rest; driver: (n, k) of the driver
        """
        change = driver - rest
        plain = own + change
        if not isinstance(self.factor, AffineFactor) or self.factor.limits is None:
            wanted = own + self.gain.to(change) * change
            return self.factor.write(wanted) - self.factor.write(plain)
        low, high = self.factor.limits.to(change).unbind(1)
        gain = self.gain.to(change).expand(len(low))
        if self.measured:
            least, most = torch.minimum(own, self._shut(own, gain, low)), torch.maximum(own, high)
            change = torch.where(change < 0, change * self._closing(own, rest, low), change)
        else:
            least = torch.minimum(low, torch.minimum(own, plain))
            most = torch.maximum(high, torch.maximum(own, plain))
        wanted = torch.minimum(torch.maximum(own + gain * change, least), most)
        if self.measured and self.factor.hidden:
            wanted = self._hiding(own, wanted, low)
        return self.factor.write(wanted) - self.factor.write(plain)

    def _hiding(self, own: Tensor, wanted: Tensor, low: Tensor) -> Tensor:
        """Numbers (n, k), the hidden ones at most _NEAR from the source's own where what hides them is shut.

        A gaze behind shut lids is not seen, and an iris that is moved far there shows as a dark slit. It is not taken
        back all the way, for then irises would jump with each blink.
        """
        assert isinstance(self.factor, AffineFactor)
        shut, hidden = list(self.factor.shut), list(self.factor.hidden)
        seen = ((wanted[:, shut] - low[shut]) / _SEEN).clamp(0, 1).mean(1, keepdim=True)
        wanted = wanted.clone()
        change = wanted[:, hidden] - own[:, hidden]
        wanted[:, hidden] = own[:, hidden] + torch.lerp(change.clamp(-_NEAR, _NEAR), change, seen)
        return wanted

    def _shut(self, own: Tensor, gain: Tensor, low: Tensor) -> Tensor:
        """(1, k): the lower limits; as far beyond where shut lids would be as frames show less than is written."""
        assert isinstance(self.factor, AffineFactor)
        limits, shut = low.expand_as(own).clone(), list(self.factor.shut)
        limits[:, shut] = own[:, shut] - gain[shut].clamp(max=MOST) * (own[:, shut] - low[shut])
        return limits

    def _closing(self, own: Tensor, rest: Tensor, low: Tensor) -> Tensor:
        """(1, k): what numbers that have a shut state have to go in the source, to what they have in the driver."""
        share = torch.ones_like(own)
        assert isinstance(self.factor, AffineFactor)
        for column in self.factor.shut:
            ways = [(at[:, column] - low[column]).clamp_min(_LEAST_WAY) for at in (own, rest)]
            share[:, column] = (ways[0] / ways[1]).clamp(*CLOSING)
        return share


class Transfer:
    """Offsets (n, 128) from vectors (n, 128) of a driving face.

    They are vectors - rest, where the change of each amplified factor is multiplied by its gain, and the pose of the
    result is corrected, and kept within reach of the source. Where all gains are 1 and nothing else is done they are
    exactly that (paper 3.2 has the vectors themselves; offsets keep the source's own pose).
    """

    def __init__(
        self,
        own: Tensor,
        rest: Tensor,
        amplified: Sequence[Amplified] = (),
        corrected: AffineFactor | None = None,
        reach: Reach | None = None,
        *,
        measured: bool = False,
    ) -> None:
        """own, rest: (128,) vectors of the source, and of the driver's frame that corresponds to it

        corrected: factor whose correction is applied, if it has one
        reach: limits of the pose of the result
        measured: the driver's vectors are of a MeasuringEncoder
        """
        self.own, self.rest, self.reach = own, rest, reach
        correction = None if corrected is None else corrected.correction
        self.corrected: Corrected | None = None
        if corrected is not None and correction is not None:
            self.corrected = Corrected(corrected, correction, rest, measured=measured)
        self.amplified = [one for one in amplified if one.measured or not bool((one.gain == 1).all())]

    @classmethod
    def of(
        cls,
        source: Source,
        rest: Tensor,
        amount: float = 1.0,
        *,
        raw: bool = False,
        raw_pose: bool = False,
        measured: bool = False,
    ) -> Transfer:
        """The transfer of a run.

        amount: of expression; 1: as much as the driver's, 0: none of it, 2: twice as much
        raw: do not make up for what frames show less, nor correct or limit the pose
        raw_pose: do not correct or limit the pose
        measured: the driver's vectors are of a MeasuringEncoder
        MissingError or WeightsError for another amount than 1 if a factor is not fitted for the weights; at 1 it is
        then left as it is.
        """
        corrected = None if raw or raw_pose else _pose(source)
        reach = Reach.of(corrected, source) if corrected is not None and measured else None
        amplified = list(_amplified(source, amount, raw=raw, measured=measured))
        return cls(source.vector, rest, amplified, corrected, reach, measured=measured)

    def calibrated(self, source: Source, vectors: Tensor) -> Transfer:
        """The same for a film of that source, whose head is corrected by what some of its frames show.

        vectors: (n, 128) of the whole film; a short one, or vectors that are not measured, change nothing
        """
        rows = spaced(len(vectors))
        if self.corrected is None or not self.corrected.measured or rows is None:
            return self
        found = copy(self)
        found.corrected = self.corrected.by(calibrated(self.corrected.correction, source, self._plain(vectors[rows])))
        return found

    def __call__(self, vectors: Tensor) -> Tensor:
        offsets = self._plain(vectors)
        if self.corrected is not None:
            offsets = offsets + self.corrected.added(vectors, offsets)
        return offsets if self.reach is None else offsets + self.reach.added(offsets)

    def _plain(self, vectors: Tensor) -> Tensor:
        """Offsets (n, 128), amplified only."""
        offsets = vectors - self.rest
        for one in self.amplified:
            read = one.factor.read
            driver = read(vectors)
            own, rest = (read(vector[None]).to(driver) for vector in (self.own, self.rest))
            offsets = offsets + one.added(own, rest, driver).to(offsets)
        return offsets


def _pose(source: Source) -> AffineFactor | None:
    """The factor of the pose; None where it is not fitted for the weights."""
    try:
        factor = source.factor(POSE)
    except (MissingError, WeightsError):
        return None
    return factor if isinstance(factor, AffineFactor) else None


def _amplified(source: Source, amount: float, *, raw: bool, measured: bool) -> Iterator[Amplified]:
    for name in EXPRESSION if amount != 1 or not raw else ():
        try:
            factor = source.factor(name)
        except (MissingError, WeightsError):
            if amount != 1:
                raise
            continue
        yield Amplified(factor, amount * (torch.ones(1) if raw else makes_up(factor)), measured and not raw)
