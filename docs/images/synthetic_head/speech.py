"""What the demo's voice says, phone by phone, and when."""

from __future__ import annotations

from dataclasses import dataclass

from synthetic_head.phones import PHONES, Phone


@dataclass(frozen=True)
class Segment:
    """A phone of the schedule: from start to end, in seconds; level: dB above what is usual for the phone."""

    phone: Phone
    start: float
    end: float
    level: float = 0.0

    @property
    def seconds(self) -> float:
        return self.end - self.start


# "Hello. I am a face in a photograph, and this sound drives my lips. Watch my mouth move." A pause or a phrase at a
# time: phones with their milliseconds and, where they are stressed or weak, dB.
PHRASES = (
    "pau:320",
    "hh:75 ax:55 l:80 ow:200:1 ow:70:-7",
    "pau:420",
    "ay:170:1 ae:90 m:65 ax:50 f:115 ey:165:2 s:100 ix:50:-1 n:60 ax:60 "
    "f:105 ow:170:2 tcl:25 t:20 ax:60 gcl:55 g:25 r:65 ae:170:1 f:120",
    "pau:330",
    "ae:95:-2 n:65 dh:40 ih:80 s:130 aw:200:2 n:85 dcl:50 d:22 r:60 ay:200:2 v:55 z:75 m:70 ay:140 "
    "l:80 ih:105:1 pcl:75 p:25 s:140",
    "pau:430",
    "w:80 aa:150:2 tcl:45 ch:85 m:70 ay:120 m:80 aw:190:2 th:120 m:80 uw:190:1 uw:50:-5 v:90:-3",
    "pau:450",
)


def schedule(phrases: tuple[str, ...] = PHRASES) -> list[Segment]:
    """Phrases, written as `phone:milliseconds` or `phone:milliseconds:dB` in turn, as segments one after the other.

    Raises KeyError for a phone that the voice does not know.
    """
    segments: list[Segment] = []
    now = 0.0
    for word in " ".join(phrases).split():
        name, milliseconds, *level = word.split(":")
        end = now + float(milliseconds) / 1000
        segments.append(Segment(PHONES[name], now, end, float(level[0]) if level else 0.0))
        now = end
    return segments
