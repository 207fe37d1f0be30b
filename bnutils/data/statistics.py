"""Normalisation constants."""

import torch
from torch import Tensor


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
