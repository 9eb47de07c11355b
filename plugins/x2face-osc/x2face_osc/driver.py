"""The driver: the latest OSC messages as offsets from the source's own face."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from x2face_blendshapes.channels import mirrored
from x2face_blendshapes.moving import Mover
from x2face_plugins import Chunk, Source

from x2face_osc.control_state import ControlState
from x2face_osc.listening import listening
from x2face_osc.packets import MalformedError, messages_of

if TYPE_CHECKING:
    from x2face_osc.settings import Settings

BEAT = 0.04  # seconds without a message, after which the last state is yielded again
_NAMED = 8  # addresses in a warning
_MOST_ADDRESSES = 1000  # largest number of different addresses that are remembered


class OscDriver:
    """Yields one row for each message, and every BEAT seconds without one; endlessly."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._received = self._malformed = 0
        self._unknown: Counter[str] = Counter()
        self._driving = False

    def drive(self, source: Source) -> Iterator[Chunk]:
        """Chunks of (1, 128) offsets. InputError if the port cannot be opened."""
        mover, state = Mover(source), ControlState()
        with listening(self.settings.host, self.settings.input) as ear:
            self._driving = True
            while True:
                for datagram in ear.receive(BEAT):
                    self._take(datagram, state)
                values, looks = self.settings.gain * state.values, self.settings.gain * state.looks
                angles = state.angles[None]
                if self.settings.mirror:
                    values, angles, looks = mirrored(values, angles, looks)
                yield Chunk(mover.offsets(values, angles, looks), fps=source.fps)

    @property
    def warnings(self) -> list[str]:
        """Warnings about messages that were not used."""
        warnings = []
        if self._driving and not self._received:
            warnings.append(f"Nothing was heard at port {self.settings.input} of {self.settings.host}.")
        if self._malformed:
            warnings.append(f"Of {self._received} packets, {self._malformed} were no OSC and were ignored.")
        if self._unknown:
            names = [address for address, _ in self._unknown.most_common(_NAMED)]
            more = f" and {len(self._unknown) - _NAMED} more" if len(self._unknown) > _NAMED else ""
            warnings.append(
                f"Of the messages, {self._unknown.total()} had an address or a number that says nothing here: "
                f"{', '.join(names)}{more}."
            )
        return warnings

    def _take(self, datagram: bytes, state: ControlState) -> None:
        self._received += 1
        try:
            messages = messages_of(datagram)
        except MalformedError:
            self._malformed += 1
            return
        for address, arguments in messages:
            if not state.take(address, arguments) and not address.startswith("/VMC/"):
                self._unknown[address if len(self._unknown) < _MOST_ADDRESSES else "others"] += 1
