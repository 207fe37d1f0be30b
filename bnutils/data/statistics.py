"""Normalisation constants."""

import torch
from torch import Tensor

from bnutils.data.errors import data_error


def pixel_statistics(images: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Mean and population standard deviation of each channel, with pixels scaled to [0, 1].

    `images` is uint8 [N, C, H, W]; both results are float32 [C]. The sums are taken over a
    histogram of the 256 grey values, so they are exact and no float copy of the images is made.
    """
    values = torch.arange(256, dtype=torch.float64) / scale
    means, stds = [], []
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).to(torch.float64)
        weights = counts / counts.sum()
        mean = (weights * values).sum()
        means.append(mean)
        stds.append((weights * (values - mean).square()).sum().sqrt())
    return torch.stack(means).float(), torch.stack(stds).float()


def training_statistics(images: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Mean and population standard deviation [C] of values [N, C, H, W] divided by ``scale``.

    Raises DataError for values too large for them, and for channels of which nothing can be learnt.
    """
    if images.dtype == torch.uint8:
        mean, std = pixel_statistics(images, scale)
    else:
        std, mean = torch.std_mean(images.double() / scale, (0, 2, 3), correction=0)  # [C], [C]
        mean, std = mean.to(images.dtype), std.to(images.dtype)
    if not std.isfinite().all():
        raise data_error(
            "These values are too large.",
            expected="values whose squares are floating-point numbers",
            found=f"a largest value of {images.abs().max().item():.0e}",
            advice="divide them by a constant.",
        )
    smallest = 1e-12 if images.dtype == torch.float64 else 1e-6  # relative, of a real difference
    constant = torch.nonzero(std <= smallest * mean.abs()).flatten().tolist()
    if constant:
        raise data_error(
            "A part of these values is the same in all training samples.",
            expected="features, or channels of images, that differ from sample to sample",
            found=f"no difference in {constant}",
            advice="leave these features or channels out, or train on more samples: they cannot "
            "be normalised, and nothing can be learnt from them.",
        )
    return mean, std
