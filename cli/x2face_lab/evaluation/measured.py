"""The figures of an evaluation as rows of a table."""

from __future__ import annotations

from typing import Any

Rows = list[tuple[str, str]]

_FIDELITY = (
    ("ratio to copying, one source", "ratio_1"),
    ("ratio to copying, three sources", "ratio_3"),
    ("L1, one source", "l1_1"),
    ("L1, three sources", "l1_3"),
    ("L1 of copying one source", "copy_1"),
    ("L1 of copying three sources", "copy_3"),
    ("gain of three sources over one", "gain_3"),
    ("sharpness of three sources to the best single one", "sharpness_3"),
    ("between the lips, closed source: ratio to copying", "inside"),
    ("in the eyes, source with closed lids: ratio to copying", "eyes"),
    ("PSNR, dB, one source", "psnr"),
    ("SSIM, one source", "ssim"),
    ("LPIPS, one source", "lpips"),
    ("sharpness by edge widths (CPBD), one source", "cpbd"),
    ("that of the true frames", "cpbd_true"),
    ("identity away from the true frames' (AED), one source", "aed"),
    ("identity of the source away from the true frames'", "aed_source"),
    ("landmarks away from the true ones (AKD), pixels", "akd"),
    ("faces lost (MKR), share", "mkr"),
    ("jitter of the landmarks, pixels", "jitter"),
    ("jitter of the true ones, pixels", "jitter_true"),
)


def rows(figures: dict[str, Any]) -> Rows:
    """Label and text of each figure, by person first, then by frame."""
    shown = [("clips, people", f"{figures['clips']}, {figures['people']}")]
    shown += [(label, _balanced(figures, key)) for label, key in _FIDELITY if key in figures]
    for part in (_fid, _moving, _regions, _skin, _across, _pose, _control, _audio, _sync, _identity):
        shown += part(figures)
    return shown


def _balanced(figures: dict[str, Any], key: str) -> str:
    """A figure by person with its interval, and by frame."""
    by_frame, by_person = f"{figures[key]:.4f}", f"{key}_by_person"
    if by_person not in figures:
        return by_frame
    return f"{figures[by_person]:.4f}{_between(figures.get(f'{by_person}_interval'), 4)} by person, {by_frame} by frame"


def _between(ends: list[float] | None, digits: int = 2) -> str:
    return f" ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})" if ends else ""


def _fid(figures: dict[str, Any]) -> Rows:
    return [(f"FID, {figures['fid_pictures']} pictures", f"{figures['fid']:.1f}")] if "fid" in figures else []


def _moving(figures: dict[str, Any]) -> Rows:
    key = "ratio_1_moving_by_person"
    if key not in figures:
        return []
    values = f"{figures[key]:.4f}{_between(figures.get(f'{key}_interval'), 4)}"
    return [(f"ratio to copying, one source, {figures['moving_people']} people who move", values)]


def _regions(figures: dict[str, Any]) -> Rows:
    found = figures.get("regions_by_person", {})
    return [(f"L1 {name}, of copying, by person", _row(values, ("l1", "copy"), 4)) for name, values in found.items()]


def _skin(figures: dict[str, Any]) -> Rows:
    keys = ("ratio_1", "face_l1", "face_copy")
    return [
        (f"{values['people']} people of {name} skin: ratio to copying, L1 face, of copying", _row(values, keys, 4))
        for name, values in figures.get("by_skin", {}).items()
    ]


def _across(figures: dict[str, Any]) -> Rows:
    found, sure = figures.get("across_slopes", {}), figures.get("across_interval", {})
    label = f"r, slope ({figures.get('across_read_by')})"
    return [
        (
            f"across people, {name}: {label}",
            ", ".join(f"{values[kind]:.2f}{_between(sure.get(name, {}).get(kind))}" for kind in ("r", "slope")),
        )
        for name, values in found.items()
    ]


def _pose(figures: dict[str, Any]) -> Rows:
    pose, label = figures.get("pose_by_person"), "read from v, by person: MAE, that of the mean (degrees), R2"
    if not pose:
        return []
    columns = zip(("roll", "pitch", "yaw"), pose["mae"], pose["mae_of_mean"], pose["r2"], strict=True)
    return [(f"{name} {label}", f"{mae:.2f}, {mean:.2f}, {r2:.2f}") for name, mae, mean, r2 in columns]


def _control(figures: dict[str, Any]) -> Rows:
    found = figures.get("control", {})
    keys = ("slope", "r", "spill")
    return [(f"{axis} asked for and seen: slope, r, spill", _row(values, keys)) for axis, values in found.items()]


def _audio(figures: dict[str, Any]) -> Rows:
    found = figures.get("audio")
    if not found:
        return []
    return [
        *_speakers(found),
        ("mouth by speech: r, that of others' speech", _row(found, ("r", "r_other"))),
        ("mouth by speech: amplitude to the true one", _row(found, ("amplitude",))),
        ("mouth by speech: frames by which it is late", _row(found, ("lag",), 0)),
        ("mouth by speech: jitter, the true one", _row(found, ("jitter", "jitter_true"), 4)),
        ("head under speech, degrees (95 %)", _row(found, ("head",))),
    ]


def _speakers(found: dict[str, Any]) -> Rows:
    if "r_by_person" not in found:
        return []
    values = f"{found['r_by_person']:.2f}{_between(found.get('r_by_person_interval'))}"
    return [
        (
            f"mouth by speech, {found['speakers']} speakers alike: r, that of others' speech, amplitude",
            ", ".join([values, _row(found, ("r_other_by_person", "amplitude_by_person"))]),
        )
    ]


def _sync(figures: dict[str, Any]) -> Rows:
    found = figures.get("audio", {}).get("sync", {})
    labels = {"exact": "to the frame", "within_1": "within a frame"}
    keys = ("real", "generated", "chance")
    return [(f"in sync {labels[name]}: real, generated, chance", _row(values, keys)) for name, values in found.items()]


def _identity(figures: dict[str, Any]) -> Rows:
    found = figures.get("identity")
    if not found:
        return []
    return [
        ("face shape nearer to the source's than the driver's", _row(found, ("nearer_source",))),
        ("face shape: to source, to driver, between them (%)", _row(found, ("to_source", "to_driver", "apart"))),
        ("face shape: share of the way to the driver's", _row(found, ("leak",))),
    ]


def _row(values: dict[str, float], keys: tuple[str, ...], digits: int = 2) -> str:
    return ", ".join(f"{values[key]:.{digits}f}" if key in values else "–" for key in keys)
