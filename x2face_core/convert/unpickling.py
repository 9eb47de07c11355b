"""Reading pickles of unknown origin: nothing is imported, and only what is on a list can be named in them.

A pickle is a program that may call whatever it can name. Here a name is looked up in a table and nowhere else, and most
of what the table holds are stand-ins, defined in this package, that only keep what they are given.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NoReturn

Names = Mapping[tuple[str, str], Any]
Storage = Callable[[Any], Any]

COLLECTIONS: Names = {("collections", "OrderedDict"): OrderedDict}


class Refused(pickle.UnpicklingError):
    """A pickle names something that is not on the list; the text is that name."""


class Sealed(type):
    """The type of stand-in classes: the instruction BUILD, which sets attributes, cannot change the class itself."""

    def __setattr__(cls, name: str, value: object) -> NoReturn:
        raise pickle.UnpicklingError(f"an attribute {name!r} for the class {cls.__name__}")


class RestrictedUnpickler(pickle.Unpickler):
    """Python 2's too: its strings are read as Latin-1, as torch and numpy need it.

    names: module and name, as the file spells them, to what stands for it
    storage: what a persistent id stands for; None: there may be none
    """

    def __init__(self, file: BinaryIO, names: Names, storage: Storage | None = None) -> None:
        super().__init__(file, encoding="latin1")
        self._names = names
        self._storage = storage

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return self._names[module_name, global_name]
        except KeyError:
            raise Refused(f"{module_name}.{global_name}") from None

    def persistent_load(self, pid: Any) -> Any:
        if self._storage is None:
            raise pickle.UnpicklingError("a persistent id where none belongs")
        return self._storage(pid)
