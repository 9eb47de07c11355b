"""Reading and writing still pictures with Pillow."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngInfo

from x2face_core.errors import InputError, UsageError
from x2face_core.files.faults import writing
from x2face_core.files.placing import atomic_file, readable_file
from x2face_core.media.code_points import CODED, coded_space
from x2face_core.media.kinds import FORMATS, unreadable_format
from x2face_core.media.pictures import Picture
from x2face_core.media.profiles import in_srgb, upright
from x2face_core.media.xmp import KEY as XMP

MOST_PIXELS = 100_000_000

# What Pillow's decoders are known to raise for files that are broken.
_BROKEN = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError),
    *(struct.error, zlib.error),
)

_PNG_LEVEL = 3  # deflate: twice as fast as the default of 6, files a few per cent larger


def read_picture(path: str | Path) -> Picture:
    """Read a picture file as upright sRGB (h, w, 3) uint8, from grey, alpha, 16-bit or CMYK too; alpha on white.

    InputError if it is missing, not a picture, truncated, or above 100 million pixels (checked before decoding).
    """
    with opened_picture(path) as image:
        with _quiet():
            turned = upright(image)
        return to_rgb(turned)


@contextmanager
def opened_picture(path: str | Path) -> Iterator[Image.Image]:
    """Open a file with Pillow, not yet decoded; errors of Pillow inside the context become an InputError.

    All pictures are opened here, and only in the formats of kinds.FORMATS, none of which starts another program.
    """
    readable = readable_file(path)
    with _opened(path, readable) as image:
        yield image


@contextmanager
def picture_in(content: bytes, name: str) -> Iterator[Image.Image]:
    """The same for the content of a file, such as of a member of a shard. name: for errors"""
    with _opened(name, io.BytesIO(content)) as image:
        yield image


@contextmanager
def _opened(path: str | Path, source: Path | io.BytesIO) -> Iterator[Image.Image]:
    try:
        with _quiet():
            image = _identified(source)
        with image:
            if image.fp is not None and (space := coded_space(image.fp)) is not None:
                image.info[CODED] = space
            _refuse_implausible(path, image.size)
            yield image
    except Image.DecompressionBombError:
        raise InputError(_too_large(path, "more than 178 million pixels")) from None
    except UnidentifiedImageError:
        why = _no_picture(path, source) if isinstance(source, Path) else f"{path}: is no picture that is read here."
        raise InputError(why) from None
    except _BROKEN as error:
        raise InputError(f"{path}: is a broken picture ({_one_line(error)}); save or copy it again.") from None


def _identified(source: Path | io.BytesIO) -> ImageFile:
    """UnidentifiedImageError if it is of none of the formats."""
    try:
        return Image.open(source, formats=_usual_formats())
    except UnidentifiedImageError:
        if isinstance(source, io.BytesIO):
            source.seek(0)
        return Image.open(source, formats=_formats())


@cache
def _usual_formats() -> tuple[str, ...]:
    """Those of FORMATS that Pillow has at once, such as JPEG and PNG; the others take a tenth of a second to import."""
    Image.preinit()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@cache
def _formats() -> tuple[str, ...]:
    """The formats of FORMATS that the installed Pillow can read; HEIF if pillow-heif is installed."""
    Image.init()
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress Pillow's warnings about large pictures (checked here), broken EXIF and unusual palettes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def to_rgb(image: Image.Image) -> Picture:
    """(h, w, 3) uint8 in sRGB of a Pillow picture of any mode."""
    with _quiet():
        if image.mode.startswith("I") or image.mode == "F":
            return _from_deep(np.asarray(image, dtype=np.float64))
        image = in_srgb(image)
        if image.has_transparency_data:
            return _on_white(image.convert("RGBA"))
        return np.array(image.convert("RGB"))


def to_rgba(image: Image.Image) -> Image.Image:
    """The picture in sRGB as RGBA, opaque if it has no alpha."""
    if image.mode.startswith("I") or image.mode == "F" or not image.has_transparency_data:
        return Image.fromarray(to_rgb(image)).convert("RGBA")
    with _quiet():
        return in_srgb(image).convert("RGBA")


def write_picture(
    path: str | Path,
    picture: Picture,
    metadata: Mapping[str, str] | None = None,
    *,
    overwrite: bool = True,
    seal: Callable[[Path], None] | None = None,
) -> None:
    """Write a picture atomically, in the format of its suffix (.png, .jpg, .webp, …); folders are not created.

    metadata: text chunks, kept in .png only, except for an XMP packet (media.xmp.KEY), which .jpg and .webp hold too
    overwrite: replace an existing file, else UsageError
    seal: called with the complete picture before it appears under its name, to sign it in place
    UsageError if the suffix is unknown or the file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in Image.registered_extensions():
        raise UsageError(
            f"{path}: pictures are not written as {target.suffix or 'a name without suffix'}; use .png or .jpg."
        )
    with atomic_file(target, overwrite=overwrite) as hidden:
        with writing(path):
            save_picture(hidden, picture, metadata)
        if seal is not None:
            seal(hidden)


def save_picture(path: Path, picture: Picture, metadata: Mapping[str, str] | None = None) -> None:
    """Write a picture directly under its name, not atomically. OSError if that fails."""
    Image.fromarray(picture).save(path, **_options(path.suffix.lower(), metadata or {}))


def _options(suffix: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    if suffix != ".png":
        return {"quality": 95} | ({"xmp": metadata[XMP].encode()} if XMP in metadata else {})
    texts = PngInfo()
    for key, text in metadata.items():
        if key == XMP:
            texts.add_itxt(key, text)
        else:
            texts.add_text(key, text)
    return {"compress_level": _PNG_LEVEL, "pnginfo": texts}


def _from_deep(values: np.ndarray[Any, np.dtype[np.float64]]) -> Picture:
    values = np.nan_to_num(values)
    full = 1.0 if values.max(initial=0) <= 1 else 255.0 if values.max() <= 255 else 65535.0
    grey = np.clip(values * (255 / full), 0, 255).round().astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _on_white(image: Image.Image) -> Picture:
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return np.array(ground.convert("RGB"))


def _refuse_implausible(path: str | Path, size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise InputError(_too_large(path, f"{width} x {height} pixels"))


def _too_large(path: str | Path, what: str) -> str:
    return f"{path}: has {what}; at most {MOST_PIXELS // 1_000_000} million are read, reduce it first."


def _no_picture(path: str | Path, readable: Path) -> str:
    kind = unreadable_format(readable)
    if kind is None:
        return (
            f"{path}: is not a picture that can be read (its content counts, not its name); JPEG, PNG and WebP can be."
        )
    if kind.form in _formats():
        return f"{path}: is {kind.name} that is broken; save or copy it again."
    return f"{path}: is {kind.name}, which is not read; {kind.remedy}."


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
