"""Image metrics: sharpness, PSNR, SSIM."""

from __future__ import annotations

from torch import Tensor


def sharpness(pictures: Tensor, where: Tensor) -> Tensor:
    """(n,): root mean square gradient of the luminance by central differences, within a mask.

    pictures: (n, 3, h, w); where: (h, w) bool. An edge that is doubled at half contrast (ghosting), or blurred over
    twice the width, has 0.71 of its value.
    """
    red, green, blue = pictures.unbind(dim=1)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    across = (grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]) / 2
    down = (grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]) / 2
    return (across.square() + down.square())[:, where[1:-1, 1:-1]].mean(dim=1).sqrt()


def likeness(true: Tensor, generated: Tensor) -> tuple[float, float]:
    """PSNR in decibels and SSIM of two pictures (3, h, w) in [0, 1]."""
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    pair = [picture.permute(1, 2, 0).numpy() for picture in (true, generated)]
    return (
        float(peak_signal_noise_ratio(*pair, data_range=1)),
        float(structural_similarity(*pair, channel_axis=2, data_range=1)),
    )
