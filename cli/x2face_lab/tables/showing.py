"""The tables as rows of text: ours, and the paper's beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shown = tuple[tuple[str, ...], list[tuple[tuple[str, ...], None]]]


def rows_of_table_1(found: Mapping[str, Any]) -> Shown:
    """Head and rows of table 1."""
    head = ("weights", "stage", "sources", "L1 by person", "gain", "L1 by clip", "gain", "paper's L1", "gain")
    rows = []
    for row in found["rows"]:
        sure = row.get("l1_by_person_interval")
        between = f" ({sure[0]:.4f} to {sure[1]:.4f})" if sure else ""
        ours = [f"{row['l1_by_person']:.4f}{between}", _share(row["gain_by_person"])]
        ours += [f"{row['l1_by_clip']:.4f}", _share(row["gain_by_clip"])]
        paper = [f"{row['paper']['l1']:.4f}", _share(row["paper"]["gain"])]
        rows.append(((row["weights"], row["stage"], str(row["sources"]), *ours, *paper), None))
    for count, copied in found["copy"].items():
        ours = [f"{copied['l1_by_person']:.4f}", "", f"{copied['l1_by_clip']:.4f}", ""]
        rows.append((("copying the source", "", count, *ours, "", ""), None))
    return head, rows


def _share(gain: float) -> str:
    return f"{gain:.2%}"


def rows_of_table_2(found: Mapping[str, Any]) -> Shown:
    """Head and rows of table 2; angles by person, then their mean over pictures."""
    head = ("method", "roll", "pitch", "yaw", "MAE by person", "MAE by picture")
    rows = []
    for row in found["rows"]:
        people = [f"{row['mae_by_person'][name]:.2f}" for name in ("roll", "pitch", "yaw", "mean")]
        rows.append(((row["method"], *people, f"{row['mae']['mean']:.2f}"), None))
    for name, paper in found["paper"].items():
        angles = [f"{paper[angle]:.2f}" for angle in ("roll", "pitch", "yaw")]
        rows.append(((f"paper, AFLW: {name}", *angles, "", f"{paper['mean']:.2f}"), None))
    return head, rows


def rows_of_baselines(found: Mapping[str, Any]) -> Shown:
    """Head and rows of the table of baselines."""
    head = ("method", "L1 by itself", "identity", "to driver", "AED", "jitter", "r roll", "r pitch", "r yaw", "found")
    rows = []
    for row in found["rows"]:
        followed = [_known(row["r"].get(axis), 2) for axis in ("roll", "pitch", "yaw")]
        measured = [_known(row.get(name), digits) for name, digits in _MEASURED]
        rows.append(((row["method"], *measured, *followed, _known(row.get("found"), 2)), None))
    driving = _known(found.get("jitter_true"), 2)
    rows.append((("the driving films", "", "", "", "", driving, "", "", "", ""), None))
    return head, rows


_MEASURED = (("l1", 4), ("identity", 3), ("to_driver", 3), ("aed", 3), ("jitter", 2))


def _known(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
