"""Stand-ins for pickled scikit-learn estimators of any version: attributes only, none of its code."""

from __future__ import annotations

from collections.abc import Mapping
from pickle import UnpicklingError
from typing import Any

from x2face_core.convert.arrays import Array
from x2face_core.convert.unpickling import Names, Sealed


class Estimator(metaclass=Sealed):
    """attributes: by name; arrays are numpy arrays"""

    attributes: Mapping[str, Any]

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise UnpicklingError(f"a {type(self).__name__} without attributes")
        self.attributes = {name: value.value if isinstance(value, Array) else value for name, value in state.items()}


class LinearRegression(Estimator):
    """coef_ (outputs, inputs) and intercept_ (outputs,): y = coef_ x + intercept_"""


class StandardScaler(Estimator):
    """mean_ and scale_, of the inputs each: (x - mean_) / scale_"""


class Plain(metaclass=Sealed):
    """Stands for `object`, the base class named in pickle protocols 0 and 1."""


class Reconstructor(metaclass=Sealed):
    """Stands for copyreg's _reconstructor, by which protocols 0 and 1 make an object whose state BUILD sets."""

    def __new__(cls, kind: Any, base: Any, state: Any) -> Any:
        if not isinstance(kind, Sealed) or not issubclass(kind, Array | Estimator) or base is not Plain:
            raise UnpicklingError("an object of another class")
        return kind()


NAMES: Names = {
    **{(f"sklearn.linear_model.{module}", "LinearRegression"): LinearRegression for module in ("base", "_base")},
    **{(f"sklearn.preprocessing.{module}", "StandardScaler"): StandardScaler for module in ("data", "_data")},
    **{(module, "_reconstructor"): Reconstructor for module in ("copy_reg", "copyreg")},
    **{(module, "object"): Plain for module in ("__builtin__", "builtins")},
}
