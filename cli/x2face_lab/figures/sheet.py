"""The layout of a figure in pixels from its upper left corner, without drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from x2face_core.media.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 3  # pixels between pictures
MARGIN = 8  # pixels around everything
INK, FAINT = "#222222", "#9a9a9a"


@dataclass(frozen=True)
class Place:
    """A rectangle: x, y of its upper left corner, width and height, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The x of its centre."""
        return self.x + self.width / 2

    @property
    def level(self) -> float:
        """The y of its centre."""
        return self.y + self.height / 2


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture (h, w, 3) of any size that fills its place."""

    place: Place
    picture: Picture


@dataclass(frozen=True)
class Label:
    """A text of one or more lines; x is at the side given by `align`, y at the centre. size: font size in pixels"""

    text: str
    x: float
    y: float
    size: int
    align: Literal["left", "center", "right"] = "center"
    upright: bool = False
    bold: bool = False
    colour: str = INK


@dataclass(frozen=True)
class Line:
    """A polyline."""

    points: tuple[tuple[float, float], ...]
    colour: str = FAINT


@dataclass(frozen=True, eq=False)
class Panel:
    """A diagram. draw: draws into matplotlib axes at the place; size: font size in pixels"""

    place: Place
    draw: Callable[[Axes], None]
    size: int


@dataclass(frozen=True, eq=False)
class Sheet:
    """A complete figure."""

    width: int
    height: int
    tiles: Sequence[Tile] = ()
    labels: Sequence[Label] = ()
    lines: Sequence[Line] = ()
    panels: Sequence[Panel] = ()


@dataclass
class Parts:
    """A sheet under construction; its final size is that of its content plus a margin."""

    tiles: list[Tile] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    def row(self, pictures: Iterable[Picture], x: int, y: int, width: int, height: int | None = None) -> list[Place]:
        """Add pictures side by side, GAP apart; returns their places."""
        pictures = list(pictures)
        places = row_of_places(len(pictures), x, y, width, height)
        self.tiles += [Tile(place, picture) for place, picture in zip(places, pictures, strict=True)]
        return places

    def sheet(self) -> Sheet:
        places = [tile.place for tile in self.tiles] + [panel.place for panel in self.panels]
        width, height = max(place.right for place in places), max(place.bottom for place in places)
        return Sheet(width + MARGIN, height + MARGIN, self.tiles, self.labels, self.lines, self.panels)


def row_of_places(count: int, x: int, y: int, width: int, height: int | None = None) -> list[Place]:
    """`count` places of one size side by side, GAP apart; squares by default."""
    return [Place(x + k * (width + GAP), y, width, height or width) for k in range(count)]


def letters(cell: int) -> int:
    """Font size for a cell size, both in pixels."""
    return max(9, round(cell * 0.095))


def line_height(cell: int) -> int:
    """Line height for a cell size, both in pixels."""
    return round(letters(cell) * 1.5)


def signed(number: float, unit: str = "°") -> str:
    """A number with its sign and at most one decimal: +8°, 0°, −2.5°."""
    number = round(number, 1)
    return f"{number:+g}{unit}".replace("-", "\N{MINUS SIGN}") if number else f"0{unit}"
