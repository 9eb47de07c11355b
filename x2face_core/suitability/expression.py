"""Checks of a source's pose and expression, as read from its driving vector."""

from __future__ import annotations

from torch import Tensor

from x2face_core.suitability.findings import Finding, make_finding

TURNED = 25.0
"""Largest yaw in degrees; beyond it the far cheek is hidden."""
PARTED = 0.02
"""Smallest opening of the lips in face heights; below it no inside of the mouth is visible."""
OPEN = 0.12
"""Smallest opening of the lids in eye widths; closed eyes cannot be opened."""
_YAW, _MOUTH, _LIDS = 2, 3, slice(5, 7)  # indices in model.READINGS


def expression(reading: Tensor) -> list[Finding]:
    """Findings about yaw, lips and lids. reading: (7,), model.READINGS of a source"""
    return [turned(float(reading[_YAW])), lips(float(reading[_MOUTH])), lids(float(reading[_LIDS].mean()))]


def turned(yaw: float) -> Finding:
    """Whether the head is turned too far to a side. yaw: degrees"""
    side = "right" if yaw > 0 else "left"
    says = f"the head is turned {abs(yaw):.0f}° to the picture's {side}, which hides a cheek"
    return make_finding(
        "pose", abs(yaw) <= TURNED, f"turned by {abs(yaw):.0f}°", says, "a picture from the front suits", yaw
    )


def lips(gap: float) -> Finding:
    """Whether the lips are parted. gap: between the inner lips, in face heights"""
    says, remedy = "the lips are closed", "for speech, a picture with the lips a little parted shows a mouth"
    return make_finding("lips", gap >= PARTED, "the lips are parted", says, remedy, gap)


def lids(gap: float) -> Finding:
    """Whether the eyes are open. gap: between the lids, in eye widths"""
    says = "the eyes are shut, or nearly"
    remedy = "a picture with open eyes suits: they can close, shut ones cannot open"
    return make_finding("eyes", gap >= OPEN, "the eyes are open", says, remedy, gap)
