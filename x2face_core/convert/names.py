"""Names of the networks' tensors in the released code (SkipNet.py, NoSkipNet_X2Face.py), and here.

Its blocks are nested: each contains the next one as `submodule`, down to the innermost. Each has a Sequential
`down` and a Sequential `up` with activations as members, so that convolutions and norms have odd indices.
"""

from __future__ import annotations

from collections.abc import Iterator

EMBEDDING, DRIVING = "pix2pixUnwrapped.netG.model.", "pix2pixSampler.netG.model."
NORM = ("weight", "bias", "running_mean", "running_var")
PARALLEL = "module."
"""Prefix of every name by torch's DataParallel."""


def depth_of(name: str) -> int:
    """Nesting depth of the block that a tensor belongs to."""
    return name.count("submodule.")


def network_names(levels: int) -> dict[str, str]:
    """Our name for each released name, for both networks. levels: blocks of each network"""
    return {
        f"{theirs}{name}": f"{ours}{other}"
        for theirs, ours in ((EMBEDDING, "embedding."), (DRIVING, "driving."))
        for depth in range(levels)
        for name, other in _block(depth, levels)
    }


def _block(depth: int, levels: int) -> Iterator[tuple[str, str]]:
    """Pairs of released and our names in one block; our decoder blocks are numbered from the innermost."""
    at, outermost, innermost = "submodule." * depth, depth == 0, depth == levels - 1
    down, up = f"encoder.blocks.{depth}.", f"decoder.blocks.{levels - 1 - depth}."
    yield f"{at}down.{0 if outermost else 1}.weight", f"{down}conv.weight"
    yield f"{at}up.2.weight", f"{up}conv.weight"
    if not outermost and not innermost:
        yield from ((f"{at}down.2.{part}", f"{down}norm.{part}") for part in NORM)
    if not outermost:
        yield from ((f"{at}up.3.{part}", f"{up}norm.{part}") for part in NORM)
