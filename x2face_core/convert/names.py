"""How the released code names the tensors of its two networks, and how we do (SkipNet.py, NoSkipNet_X2Face.py).

Its blocks are nested: the outermost holds the next one as `submodule`, down to the innermost. Each has a Sequential
`down` and one `up`, in which activations count as members, so that convolutions and norms have odd numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

EMBEDDING, DRIVING = "pix2pixUnwrapped.netG.model.", "pix2pixSampler.netG.model."
NORM = ("weight", "bias", "running_mean", "running_var")
PARALLEL = "module."
"""Put before every name by torch's DataParallel."""


def depth_of(name: str) -> int:
    """How many blocks are around the one that a tensor belongs to."""
    return name.count("submodule.")


def network_names(levels: int) -> dict[str, str]:
    """All names of both networks, theirs to ours. levels: blocks of each network"""
    return {
        f"{theirs}{name}": f"{ours}{other}"
        for theirs, ours in ((EMBEDDING, "embedding."), (DRIVING, "driving."))
        for depth in range(levels)
        for name, other in _block(depth, levels)
    }


def _block(depth: int, levels: int) -> Iterator[tuple[str, str]]:
    """Names of one block within its network, theirs and ours; we count decoder blocks from the innermost."""
    at, outermost, innermost = "submodule." * depth, depth == 0, depth == levels - 1
    down, up = f"encoder.blocks.{depth}.", f"decoder.blocks.{levels - 1 - depth}."
    yield f"{at}down.{0 if outermost else 1}.weight", f"{down}conv.weight"
    yield f"{at}up.2.weight", f"{up}conv.weight"
    if not outermost and not innermost:
        yield from ((f"{at}down.2.{part}", f"{down}norm.{part}") for part in NORM)
    if not outermost:
        yield from ((f"{at}up.3.{part}", f"{up}norm.{part}") for part in NORM)
