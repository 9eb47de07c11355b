"""What a figure shows and where, in pixels from its upper left corner; nothing here draws."""

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
        """Half-way across."""
        return self.x + self.width / 2

    @property
    def level(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture (h, w, 3) of any size that fills its place."""

    place: Place
    picture: Picture


@dataclass(frozen=True)
class Label:
    """A text of one or more lines; x is the side that `align` names, y the middle. size: height of the letters."""

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
    """From one point to the next."""

    points: tuple[tuple[float, float], ...]
    colour: str = FAINT


@dataclass(frozen=True, eq=False)
class Panel:
    """A diagram. draw: fills matplotlib axes that cover the place; size: height of its letters"""

    place: Place
    draw: Callable[[Axes], None]
    size: int


@dataclass(frozen=True, eq=False)
class Sheet:
    """A figure, whole."""

    width: int
    height: int
    tiles: Sequence[Tile] = ()
    labels: Sequence[Label] = ()
    lines: Sequence[Line] = ()
    panels: Sequence[Panel] = ()


@dataclass
class Parts:
    """A sheet while it is put together; it ends up just as large as what is on it, and a margin."""

    tiles: list[Tile] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    def row(self, pictures: Iterable[Picture], x: int, y: int, width: int, height: int | None = None) -> list[Place]:
        """Pictures side by side, GAP apart; their places."""
        pictures = list(pictures)
        places = row_of_places(len(pictures), x, y, width, height)
        self.tiles += [Tile(place, picture) for place, picture in zip(places, pictures, strict=True)]
        return places

    def sheet(self) -> Sheet:
        places = [tile.place for tile in self.tiles] + [panel.place for panel in self.panels]
        width, height = max(place.right for place in places), max(place.bottom for place in places)
        return Sheet(width + MARGIN, height + MARGIN, self.tiles, self.labels, self.lines, self.panels)


def row_of_places(count: int, x: int, y: int, width: int, height: int | None = None) -> list[Place]:
    """So many places of one size side by side, GAP apart; squares where no height is given."""
    return [Place(x + k * (width + GAP), y, width, height or width) for k in range(count)]


def letters(cell: int) -> int:
    """How high letters are beside cells of so many pixels."""
    return max(9, round(cell * 0.095))


def line_height(cell: int) -> int:
    """Pixels that a line of text takes."""
    return round(letters(cell) * 1.5)


def signed(number: float, unit: str = "°") -> str:
    """A number with its sign and at most one decimal: +8°, 0°, −2.5°."""
    number = round(number, 1)
    return f"{number:+g}{unit}".replace("-", "\N{MINUS SIGN}") if number else f"0{unit}"
