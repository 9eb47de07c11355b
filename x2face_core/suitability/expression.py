"""Whether pose and expression suit a source, by what the weights read in the driving vector."""

from __future__ import annotations

from torch import Tensor

from x2face_core.suitability.findings import Finding, judged

TURNED = 25.0
"""Degrees of yaw: beyond, the far cheek is hidden, and weights have nothing to show in its place."""
PARTED = 0.02
"""Face heights between the lips: below, no teeth or mouth are seen that speech could show."""
OPEN = 0.12
"""Eye widths between the lids: eyes that are shut cannot be opened."""
_YAW, _MOUTH, _LIDS = 2, 3, slice(5, 7)  # of model.READINGS


def expression(reading: Tensor) -> list[Finding]:
    """reading: (7,), model.READINGS of a source"""
    return [turned(float(reading[_YAW])), lips(float(reading[_MOUTH])), lids(float(reading[_LIDS].mean()))]


def turned(yaw: float) -> Finding:
    side = "right" if yaw > 0 else "left"
    says = f"the head is turned {abs(yaw):.0f}° to the picture's {side}, which hides a cheek"
    return judged("pose", abs(yaw) <= TURNED, f"turned by {abs(yaw):.0f}°", says, "a picture from the front suits", yaw)


def lips(gap: float) -> Finding:
    says, remedy = "the lips are closed", "for speech, a picture with the lips a little parted shows a mouth"
    return judged("lips", gap >= PARTED, "the lips are parted", says, remedy, gap)


def lids(gap: float) -> Finding:
    says, remedy = (
        "the eyes are shut, or nearly",
        "a picture with open eyes suits: they can close, shut ones cannot open",
    )
    return judged("eyes", gap >= OPEN, "the eyes are open", says, remedy, gap)
