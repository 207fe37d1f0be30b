"""Keras' conventions in PyTorch: momentum weighs the old value, ε is 1e-3, the variance biased."""

import torch


class BatchNormalization(torch.nn.Module):
    def __init__(self, units, momentum=0.99, epsilon=1e-3):
        super().__init__()
        self.momentum = momentum
        self.epsilon = epsilon
        self.gamma = torch.nn.Parameter(torch.ones(units))
        self.beta = torch.nn.Parameter(torch.zeros(units))
        self.register_buffer("moving_mean", torch.zeros(units))
        self.register_buffer("moving_variance", torch.ones(units))

    def forward(self, inputs, training=None):
        if training is None:
            training = self.training
        x = inputs.movedim(1, -1)
        if training:
            axes = list(range(x.dim() - 1))
            mean = torch.mean(x, axes)
            variance = torch.mean(torch.square(x - mean), axes)
            keep = self.momentum
            self.moving_mean = keep * self.moving_mean + (1 - keep) * mean.detach()
            self.moving_variance = keep * self.moving_variance + (1 - keep) * variance.detach()
        else:
            mean, variance = self.moving_mean, self.moving_variance
        x = self.gamma * (x - mean) / torch.sqrt(variance + self.epsilon) + self.beta
        return x.movedim(-1, 1)
