"""HDR films and wide gamuts become sRGB: a colour written in another space reads as it was."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from x2face_core.media.colours import Space
from x2face_core.media.images import read_picture
from x2face_core.media.video import read_frames

PATCHES = [
    (40, 40, 40),
    (128, 128, 128),
    (235, 235, 235),
    (200, 150, 120),
    (120, 70, 50),
    (60, 110, 170),
    (170, 60, 60),
]
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
# BT.2087: linear BT.709 to BT.2020
TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
Colours = NDArray[np.float64]


def light(srgb: Colours) -> Colours:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def pq(nits: Colours) -> Colours:
    """SMPTE ST 2084, its inverse EOTF."""
    power = (nits / 10_000) ** 0.1593017578125
    coded: Colours = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    return coded


def hlg(nits: Colours) -> Colours:
    """ARIB STD-B67 behind the inverse OOTF of a screen of 1,000 cd/m²."""
    display = nits / 1000
    bright = display @ np.array([0.2627, 0.6780, 0.0593])
    scene = display * np.maximum(bright, 1e-9)[..., None] ** (1 / 1.2 - 1)
    logs = np.log(np.maximum(12 * scene - 0.28466892, 1e-9))
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * logs + 0.55991073)


def sdr(nits: Colours) -> Colours:
    """sRGB's curve."""
    share = nits / 203
    return np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055)


CURVES = {"pq": (16, pq), "hlg": (18, hlg), "sdr": (1, sdr)}


def coded(patches: Sequence[Sequence[int]], curve: str) -> Colours:
    """(n, 3) of BT.2020, where 203 cd/m² is SDR's white."""
    return CURVES[curve][1](203 * light(np.array(patches) / 255) @ TO_2020.T)


def write_2020(path: Path, colours: Colours, transfer: int) -> Path:
    """A film of 10 bits that is tagged BT.2020, a column of 32 pixels for each colour."""
    red, green, blue = np.repeat(colours, 32, axis=0).T
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    rows = [64 + 876 * luma, 512 + 896 * (blue - luma) / 1.8814, 512 + 896 * (red - luma) / 1.4746]
    planes = [np.repeat(row[None].round().astype(np.uint16), 64, axis=0) for row in rows]
    with av.open(str(path), "w") as out:
        film: Any = out.add_stream("libx264", rate=25, options={"crf": "4"})
        film.width, film.height, film.pix_fmt = len(luma), 64, "yuv420p10le"
        context = film.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, transfer, 9, 1
        for k in range(3):
            frame = av.VideoFrame(len(luma), 64, "yuv420p10le")
            for plane, values in zip(frame.planes, (planes[0], planes[1][::2, ::2], planes[2][::2, ::2]), strict=True):
                padded = np.zeros((values.shape[0], plane.line_size // 2), dtype=np.uint16)
                padded[:, : values.shape[1]] = values
                plane.update(padded.tobytes())
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(film.encode(frame))
        out.mux(film.encode(None))
    return path


@pytest.mark.parametrize("curve", ["pq", "hlg", "sdr"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_film_in_bt2020_reads_as_srgb(tmp_path: Path, curve: str, name: str) -> None:
    path = write_2020(tmp_path / name, coded(PATCHES, curve), CURVES[curve][0])
    for longest in (None, 112):
        frame = next(read_frames(path, longest=longest))
        step = frame.shape[1] // len(PATCHES)
        seen = frame[frame.shape[0] // 2, step // 2 :: step].astype(int)
        assert np.abs(seen - np.array(PATCHES)).max() <= 4


@pytest.mark.parametrize("curve", ["pq", "hlg"])
def test_what_is_brighter_than_white_is_white_and_black_is_black(curve: str) -> None:
    brighter = CURVES[curve][1](np.full((1, 1, 3), 900.0))
    space = Space(9, CURVES[curve][0])
    assert space.to_srgb((65535 * brighter).astype(np.uint16)).tolist() == [[[255, 255, 255]]]
    assert space.to_srgb(np.zeros((1, 1, 3), dtype=np.uint16)).tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 1), (2, 2), (5, 6), (6, 6), (0, 0), (1, 13)])
def test_usual_colours_are_left_as_they_are(primaries: int, transfer: int) -> None:
    assert Space(primaries, transfer).usual


def _xyz(primaries: Sequence[tuple[float, float]]) -> Colours:
    """(3, 3) linear RGB under daylight to CIE XYZ."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    return columns * np.linalg.solve(columns, white)


def icc(primaries: Sequence[tuple[float, float]], gamma: float, name: str) -> bytes:
    """A small profile of three primaries and a power."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50, d65 = np.array([0.9642, 1, 0.8249]), np.array([0.95046, 1, 1.08906])
    adapt = np.linalg.inv(bradford) @ np.diag((bradford @ d50) / (bradford @ d65)) @ bradford
    numbers = [*(adapt @ _xyz(primaries)).T, d50]
    tags = {
        key: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * v) for v in value))
        for key, value in zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), numbers, strict=True)
    }
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(gamma * 256), 0)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    text = name.encode() + b"\0"
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * (79 + (-len(text) - 11) % 4)
    tags[b"cprt"] = b"text\0\0\0\0none\0\0\0\0"
    at, table_, data = 128 + 4 + 12 * len(tags), b"", b""
    for key, value in tags.items():
        table_ += key + struct.pack(">II", at + len(data), len(value))
        data += value + b"\0" * (-len(value) % 4)
    size = at + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + b"\0" * 12 + b"acsp"
    head += b"\0" * (68 - len(head)) + struct.pack(">3i", *(round(65536 * v) for v in d50))
    return head + b"\0" * (128 - len(head)) + struct.pack(">I", len(tags)) + table_ + data


def patches_in(primaries: Sequence[tuple[float, float]], gamma: float) -> Image.Image:
    own = light(np.array(PATCHES) / 255) @ (np.linalg.inv(_xyz(primaries)) @ _xyz(SRGB)).T
    row = (255 * own.clip(0, 1) ** (1 / gamma)).round().astype(np.uint8)
    return Image.fromarray(np.repeat(np.repeat(row[None], 8, axis=0), 8, axis=1))


SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))


def off(path: Path) -> int:
    """How far the patches are from what they were."""
    return int(np.abs(read_picture(path)[4, 4::8].astype(int) - np.array(PATCHES)).max())


@pytest.mark.parametrize(("primaries", "gamma"), [(P3, 2.2), (ADOBE_RGB, 2.19921875)], ids=["p3", "adobe"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
def test_a_picture_with_a_profile_reads_as_srgb(
    tmp_path: Path, primaries: Sequence[tuple[float, float]], gamma: float, suffix: str
) -> None:
    image = patches_in(primaries, gamma)
    options: dict[str, Any] = {".jpg": {"quality": 100, "subsampling": 0}, ".webp": {"lossless": True}}.get(suffix, {})
    image.save(tmp_path / f"a{suffix}", icc_profile=icc(primaries, gamma, "wide"), **options)
    assert off(tmp_path / f"a{suffix}") <= 4
    image.save(tmp_path / f"b{suffix}", **options)
    assert off(tmp_path / f"b{suffix}") >= 8  # what it would be without


def test_adobe_rgb_is_known_from_exif_alone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x8769] = {0xA005: {1: "R03"}}
    patches_in(ADOBE_RGB, 2.19921875).save(tmp_path / "a.jpg", quality=100, subsampling=0, exif=exif)
    assert off(tmp_path / "a.jpg") <= 4


def test_transparency_and_greys_keep_their_profile_s_colours(tmp_path: Path) -> None:
    image = patches_in(P3, 2.2)
    clear = image.convert("RGBA")
    clear.save(tmp_path / "a.png", icc_profile=icc(P3, 2.2, "wide"))
    assert off(tmp_path / "a.png") <= 3
    Image.new("L", (8, 8), 128).save(tmp_path / "b.png", icc_profile=icc(P3, 2.2, "wide"))
    assert abs(int(read_picture(tmp_path / "b.png")[4, 4, 0]) - 128) <= 2


def test_srgb_s_own_profile_changes_nothing(tmp_path: Path) -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png", icc_profile=own)
    assert np.array_equal(read_picture(tmp_path / "a.png"), picture)


@pytest.mark.parametrize("seed", range(12))
def test_a_broken_profile_is_left_out(tmp_path: Path, seed: int) -> None:
    profile = bytearray(icc(P3, 2.2, "wide"))
    random = np.random.default_rng(seed)
    for place in random.integers(0, len(profile), 24):
        profile[place] = random.integers(0, 256)
    content = bytes(profile)[: len(profile) if seed % 2 else 90]
    Image.new("RGB", (8, 8), (100, 110, 120)).save(tmp_path / "a.png", icc_profile=content)
    assert read_picture(tmp_path / "a.png").shape == (8, 8, 3)


def test_a_profile_for_other_colours_is_left_out(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 200, 200, 0)).save(tmp_path / "a.jpg", icc_profile=icc(P3, 2.2, "wide"))
    red, green, _ = read_picture(tmp_path / "a.jpg")[4, 4].tolist()
    assert red > 200 > green
