"""Wrote the files beside it: Python 2.7.18, numpy 1.16.6, scikit-learn 0.19.2, cPickle; `python2.7 make.py`.

torch 0.2 itself is no longer to be had. Its format is written out here: modules and classes of its names stand in for
it, so that Python 2's own pickler says what it said then.
"""

from __future__ import print_function

import collections
import math
import os
import pickle
import struct
import sys
import types

try:
    import cPickle
except ImportError:
    cPickle = pickle

HERE = os.path.dirname(os.path.abspath(__file__))
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def fake(name, **members):
    """A module that pickles can name."""
    module = sys.modules[name] = types.ModuleType(name)
    for member, value in members.items():
        value.__module__ = name
        setattr(module, member, value)
    return module


class FloatStorage(object):
    """Numbers on a GPU of which a file says where they lay."""

    def __init__(self, numbers):
        self.numbers = numbers


def _rebuild_tensor(storage, offset, size, stride):
    raise NotImplementedError("only its name is needed")


class Tensor(object):
    def __init__(self, numbers, size):
        self.storage, self.size = FloatStorage(numbers), size

    def __reduce__(self):
        stride = tuple(product(self.size[k + 1 :]) for k in range(len(self.size)))
        return _rebuild_tensor, (self.storage, 0, self.size, stride)


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def save(content, path):
    """As torch 0.2's save: four pickles, the storages' keys, then each one's length and numbers."""
    storages = {}

    def persistent_id(value):
        if not isinstance(value, FloatStorage):
            return None
        key = str(id(value))
        storages[key] = value
        return "storage", FloatStorage, key, "cuda:0", len(value.numbers), None

    system = dict(
        protocol_version=PROTOCOL, little_endian=sys.byteorder == "little", type_sizes=dict(short=2, int=4, long=8)
    )
    with open(path, "wb") as file:
        for head in (MAGIC, PROTOCOL, system):
            cPickle.dump(head, file, 2)
        pickler = cPickle.Pickler(file, 2)
        pickler.persistent_id = persistent_id
        pickler.dump(content)
        keys = sorted(storages)
        cPickle.dump(keys, file, 2)
        for key in keys:
            numbers = storages[key].numbers
            file.write(struct.pack("<q", len(numbers)) + struct.pack("<%df" % len(numbers), *numbers))


def filled(shapes):
    """A state dict in which number i of the k-th tensor is sin(k + i / 10), variances their squares plus 1/2."""
    state = collections.OrderedDict()
    for k, (name, size) in enumerate(shapes):
        numbers = [math.sin(k + i / 10.0) for i in range(product(size))]
        if name.endswith("running_var"):
            numbers = [number * number + 0.5 for number in numbers]
        state[name] = Tensor(numbers, size)
    return state


def norm(at, size):
    return [("%s.%s" % (at, part), (size,)) for part in ("weight", "bias", "running_mean", "running_var")]


def networks():
    """Three levels of width 2: as small as networks of these names can be and still have every kind of tensor."""
    shapes = []
    for root, inner, out, more in (("pix2pixUnwrapped", 8, 3, 2), ("pix2pixSampler", 128, 2, 1)):
        at = root + ".netG.model."
        shapes += [(at + "down.0.weight", (2, 3, 4, 4)), (at + "up.2.weight", (out, 2 * more, 3, 3))]
        at += "submodule."
        shapes += [(at + "down.1.weight", (4, 2, 4, 4))] + norm(at + "down.2", 4)
        shapes += [(at + "up.2.weight", (2, 4 * more, 3, 3))] + norm(at + "up.3", 2)
        at += "submodule."
        shapes += [(at + "down.1.weight", (inner, 4, 4, 4)), (at + "up.2.weight", (4, inner, 3, 3))]
        shapes += norm(at + "up.3", 4)
    return shapes


def regressions():
    import numpy
    from sklearn.externals import joblib
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import StandardScaler

    random = numpy.random.RandomState(0)
    values, vectors = random.rand(20, 4).astype("float32"), random.rand(20, 3).astype("float32")
    scaler = StandardScaler().fit(values)
    regression = LinearRegression().fit(scaler.transform(values), vectors)
    for name, fitted in (("regression", regression), ("scaler", scaler)):
        joblib.dump(fitted, os.path.join(HERE, name + ".joblib"))
        joblib.dump(fitted, os.path.join(HERE, name + ".z.joblib"), compress=3)
        for protocol in (0, 1, 2):
            with open(os.path.join(HERE, "%s.%d.pkl" % (name, protocol)), "wb") as file:
                cPickle.dump(fitted, file, protocol)
    found = dict(coef=regression.coef_, intercept=regression.intercept_, mean=scaler.mean_, scale=scaler.scale_)
    numpy.savez(os.path.join(HERE, "expected.npz"), **found)


if __name__ == "__main__":
    fake("torch")
    fake("torch.cuda", FloatStorage=FloatStorage)
    fake("torch._utils", _rebuild_tensor=_rebuild_tensor)
    state = filled(networks())
    momentum = {"state": {0: {"momentum_buffer": Tensor([0.5, 0.25], (2,))}}, "param_groups": [{"lr": 0.001}]}
    save({"state_dict": state, "epoch": 7, "optimizer": momentum}, os.path.join(HERE, "networks.pth"))
    reading = filled([("posefrombottle.weight", (3, 128)), ("posefrombottle.bias", (3,))])
    save({"state_dict": reading}, os.path.join(HERE, "posereg.pth"))
    writing = filled([("0.weight", (128, 3))] + norm("1", 128))
    save({"state_dict": writing}, os.path.join(HERE, "posetobottle.pth"))
    regressions()
