"""A class in NumPy with a backward pass; momentum weighs the old value."""

import numpy as np


class BatchNormLayer:
    def __init__(self, n_features, momentum=0.9, eps=1e-5):
        self.momentum = momentum
        self.eps = eps
        self.gamma = np.ones(n_features)
        self.beta = np.zeros(n_features)
        self.running_mean = np.zeros(n_features)
        self.running_var = np.ones(n_features)

    def forward(self, X, training=True):
        if training:
            mu = X.mean(axis=0)
            var = X.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mu, var = self.running_mean, self.running_var
        self.std = np.sqrt(var + self.eps)
        self.X_hat = (X - mu) / self.std
        return self.gamma * self.X_hat + self.beta

    def backward(self, dout):
        N = dout.shape[0]
        self.dgamma = np.sum(dout * self.X_hat, axis=0)
        self.dbeta = np.sum(dout, axis=0)
        dX_hat = dout * self.gamma
        return (
            N * dX_hat - dX_hat.sum(axis=0) - self.X_hat * (dX_hat * self.X_hat).sum(axis=0)
        ) / (N * self.std)
