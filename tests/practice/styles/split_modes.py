"""A class with a method for each mode, no module, and weights that may be left out."""

import torch


class BatchNorm:
    def __init__(self, sz, eps=1e-5, affine=True, track_running_stats=True, momentum=0.1):
        self.eps, self.track_running_stats, self.momentum = eps, track_running_stats, momentum
        self.is_training = True
        self.weight = torch.ones(sz) if affine else None
        self.bias = torch.zeros(sz) if affine else None
        self.num_batches_tracked = 0
        if track_running_stats:
            self.running_mean, self.running_var = torch.zeros(sz), torch.ones(sz)

    def calc_stats(self, x):
        shape_mask = [1, -1, *([1] * (x.ndim - 2))]
        if self.track_running_stats and not self.is_training:
            return self.running_mean, self.running_var.reshape(shape_mask).expand(x.shape)
        batch_mean = x.mean(dim=(reduce_axes := [d for d in range(x.ndim) if d != 1]))
        y = x - batch_mean.reshape(shape_mask)
        batch_var = (y * y).mean(dim=reduce_axes)
        return batch_mean, batch_var.reshape(shape_mask)

    def __call__(self, x):
        shape_mask = [1, -1, *([1] * (x.ndim - 2))]
        batch_mean, batch_var = self.calc_stats(x)
        if self.track_running_stats and self.is_training:
            m, flat = self.momentum, batch_var.detach().flatten()
            ratio = x.numel() / (x.numel() - x.shape[1])
            self.running_mean = (1 - m) * self.running_mean + m * batch_mean.detach()
            self.running_var = (1 - m) * self.running_var + m * ratio * flat
            self.num_batches_tracked += 1
        invstd = (batch_var + self.eps).rsqrt()
        y = (x - batch_mean.reshape(shape_mask)) * invstd
        if self.weight is not None:
            y = y * self.weight.reshape(shape_mask) + self.bias.reshape(shape_mask)
        return y
