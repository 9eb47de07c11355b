"""Handling of SIGINT, SIGTERM and SIGHUP during a command."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType

from x2face_core.files.temporary import remove_unfinished
from x2face_core.foreign import tracking_interrupts

INTERRUPTED = 130
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_INSISTING = ("SIGINT", "SIGTERM", "SIGBREAK")  # a closed terminal may send SIGHUP twice


class Interrupts:
    """Turns the first signal into KeyboardInterrupt and ends the process at the second.

    A KeyboardInterrupt without a recorded signal was raised by other code, see foreign.is_interrupt.
    """

    def __init__(self) -> None:
        self.came = False

    def has_come(self) -> bool:
        return self.came

    def handle(self, number: int, frame: FrameType | None) -> None:
        if not self.came:
            self.came = True
            raise KeyboardInterrupt
        if number in _numbers(_INSISTING):
            _end_at_once()


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """During a command, SIGTERM and SIGHUP act as Ctrl-C: unfinished output is finalised or removed.

    A second Ctrl-C or SIGTERM ends the process at once, after removing unfinished files. Signals that are ignored, as
    under nohup, or that have another handler, are not changed.
    """
    interrupts = Interrupts()
    usual = (signal.SIG_DFL, signal.default_int_handler)
    mine = threading.current_thread() is threading.main_thread()
    caught = [number for number in _numbers(_ENDING) if mine and signal.getsignal(number) in usual]
    before = {number: signal.signal(number, interrupts.handle) for number in caught}
    try:
        with tracking_interrupts(interrupts.has_come) if signal.SIGINT in caught else nullcontext():
            yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _numbers(names: tuple[str, ...]) -> list[int]:
    """Numbers of the signals that exist on this system."""
    return [int(number) for name in names if (number := getattr(signal, name, None)) is not None]


def _end_at_once() -> None:
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for process in multiprocessing.active_children():
            process.terminate()
    remove_unfinished()
    with suppress(OSError):
        shown = b"\x1b[?25h" if os.isatty(2) else b""  # a progress bar hides the cursor
        os.write(2, shown + b"x2face: interrupted\n")
    os._exit(INTERRUPTED)
