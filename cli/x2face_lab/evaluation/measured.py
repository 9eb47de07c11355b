"""What `x2face evaluate` found, as rows of a table."""

from __future__ import annotations

from typing import Any

Rows = list[tuple[str, str]]

_FIDELITY = (
    ("L1, one source", "l1_1"),
    ("L1, three sources", "l1_3"),
    ("L1 of copying one source", "copy_1"),
    ("L1 of copying three sources", "copy_3"),
    ("ratio to copying, one source", "ratio_1"),
    ("ratio to copying, three sources", "ratio_3"),
    ("gain of three sources over one", "gain_3"),
    ("PSNR, dB, one source", "psnr"),
    ("SSIM, one source", "ssim"),
)


def rows(figures: dict[str, Any]) -> Rows:
    """A label and what is shown beside it, for each figure that there is."""
    shown = [("clips, people", f"{figures['clips']}, {figures['people']}")]
    shown += [(label, f"{figures[key]:.4f}") for label, key in _FIDELITY]
    for part in (_across, _pose, _control, _audio, _sync, _identity):
        shown += part(figures)
    return shown


def _across(figures: dict[str, Any]) -> Rows:
    found, slopes = figures.get("across", {}), figures.get("across_slope", {})
    label = f"r, slope ({figures.get('across_read_by')})"
    return [(f"across people, {name}: {label}", f"{r:.2f}, {slopes[name]:.2f}") for name, r in found.items()]


def _pose(figures: dict[str, Any]) -> Rows:
    pose, label = figures.get("pose"), "read from v: MAE, that of the mean (degrees), R2"
    if not pose:
        return []
    columns = zip(("roll", "pitch", "yaw"), pose["mae"], pose["mae_of_mean"], pose["r2"], strict=True)
    return [(f"{name} {label}", f"{mae:.2f}, {mean:.2f}, {r2:.2f}") for name, mae, mean, r2 in columns]


def _control(figures: dict[str, Any]) -> Rows:
    found = figures.get("control", {})
    keys = ("slope", "r", "spill")
    return [(f"{axis} asked for and seen: slope, r, spill", _row(told, keys)) for axis, told in found.items()]


def _audio(figures: dict[str, Any]) -> Rows:
    found = figures.get("audio")
    if not found:
        return []
    return [
        ("mouth by speech: r, that of others' speech", _row(found, ("r", "r_other"))),
        ("mouth by speech: amplitude to the true one", _row(found, ("amplitude",))),
        ("mouth by speech: frames by which it is late", _row(found, ("lag",), 0)),
        ("mouth by speech: jitter, the true one", _row(found, ("jitter", "jitter_true"), 4)),
        ("head under speech, degrees (95 %)", _row(found, ("head",))),
    ]


def _sync(figures: dict[str, Any]) -> Rows:
    found = figures.get("audio", {}).get("sync", {})
    labels = {"exact": "to the frame", "within_1": "within a frame"}
    keys = ("real", "generated", "chance")
    return [(f"in sync {labels[name]}: real, generated, chance", _row(told, keys)) for name, told in found.items()]


def _identity(figures: dict[str, Any]) -> Rows:
    found = figures.get("identity")
    if not found:
        return []
    return [
        ("face shape nearer to the source's than the driver's", _row(found, ("nearer_source",))),
        ("face shape: to source, to driver, between them (%)", _row(found, ("to_source", "to_driver", "apart"))),
        ("face shape: share of the way to the driver's", _row(found, ("leak",))),
    ]


def _row(told: dict[str, float], keys: tuple[str, ...], digits: int = 2) -> str:
    return ", ".join(f"{told[key]:.{digits}f}" if key in told else "–" for key in keys)
