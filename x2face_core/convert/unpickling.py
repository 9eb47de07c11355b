"""Safe reading of untrusted pickles: nothing is imported, and only listed globals are allowed.

A pickle is a program that may call any global it names. Here names are looked up only in a table, most of whose entries
are stand-in classes of this package that just store their arguments.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import IO, Any, NoReturn

Names = Mapping[tuple[str, str], Any]
Storage = Callable[[Any], Any]

COLLECTIONS: Names = {("collections", "OrderedDict"): OrderedDict}


class Refused(pickle.UnpicklingError):
    """A pickle refers to a global that is not listed; the message is its name."""


class Sealed(type):
    """Metaclass of stand-ins: keeps the opcode BUILD, which sets attributes, from changing the class itself."""

    def __setattr__(cls, name: str, value: object) -> NoReturn:
        raise pickle.UnpicklingError(f"an attribute {name!r} for the class {cls.__name__}")


class RestrictedUnpickler(pickle.Unpickler):
    """An unpickler with a table of allowed globals; strings from Python 2 are decoded as Latin-1.

    names: stand-in by module and name, as written in the file
    storage: resolves persistent ids; None: they are refused
    """

    def __init__(self, file: IO[bytes], names: Names, storage: Storage | None = None) -> None:
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
