"""Wrong layers: a style, an edit of its text, and the mistakes that this makes."""

from __future__ import annotations

import itertools
import linecache
import types
from importlib.util import find_spec
from typing import NamedTuple


class Mutant(NamedTuple):
    style: str
    edits: tuple[tuple[str, str], ...]
    mistakes: frozenset[str]


MAKES = {  # of each style the layer, and the one for images where that is another
    "inplace": ("Norm",), "no_module": ("BatchNorm1d",), "shaped": ("BatchNorm",),
    "images_only": ("BatchNorm2d",), "subclasses": ("Norm1d", "Norm2d"),
    "keras_like": ("BatchNormalization",), "own_gradient": ("BatchNorm",),
    "numpy_class": ("BatchNormLayer",), "numpy_function": ("batchnorm_forward",),
    "numpy_lazy": ("BatchNormalization",), "flattening": ("BatchNorm",),
    "split_modes": ("BatchNorm",),
}  # fmt: skip
NUMBER = itertools.count()


def layers(style: str, edits: tuple[tuple[str, str], ...] = ()) -> tuple:
    """The layers of a style after edits of its text, each of which must change it."""
    path = find_spec(f"tests.practice.styles.{style}").origin
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in edits:
        assert old in text, f"{style} has no {old!r}"
        text = text.replace(old, new)
    name = f"{style}_{next(NUMBER)}"
    linecache.cache[f"<{name}>"] = (len(text), None, text.splitlines(True), f"<{name}>")
    module = types.ModuleType(name)
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return tuple(getattr(module, each) for each in MAKES[style])


def _read(table: str) -> list[Mutant]:
    """Blocks of ``style: mistakes``, then lines ``- old`` and ``+ new``."""
    mutants = []
    for block in table.strip().split("\n\n"):
        head, *lines = block.strip().splitlines()
        style, mistakes = head.split(": ")
        pairs = []
        for sign, text in ((line.strip()[:1], line.strip()[2:]) for line in lines):
            if sign == "-":
                pairs.append([text, ""])
            else:
                pairs[-1][1] = text
        edits = tuple((old, new.replace("\\n", "\n")) for old, new in pairs)
        mutants.append(Mutant(style, edits, frozenset(mistakes.split())))
    return mutants


MUTANTS = _read("""
inplace: running-variance-biased
- count / (count - 1)
+ 1.0

inplace: momentum-reversed
- mul_(1 - self.mom).add_(self.mom *
+ mul_(self.mom).add_((1 - self.mom) *

inplace: not-detached
- with torch.no_grad():
+ if True:
- self.avg_mean.mul_(1 - self.mom).add_(self.mom * mu)
+ self.avg_mean = (1 - self.mom) * self.avg_mean + self.mom * mu

inplace: mode-from-gradients
- if self.training:
+ if torch.is_grad_enabled():

inplace: eps-outside
- (sq.reshape(shape) + self.eps).sqrt()
+ (sq.reshape(shape).sqrt() + self.eps)

inplace: beta-scaled
- return normed * self.gain.reshape(shape) + self.shift.reshape(shape)
+ return (normed + self.shift.reshape(shape)) * self.gain.reshape(shape)

inplace: eps-tiny
- eps=1e-5
+ eps=1e-12

inplace: gamma-start
- nn.Parameter(torch.ones(n))
+ nn.Parameter(torch.rand(n))

inplace: overwritten
- momentum=0.1
+ momentum=1.0

inplace: changes-input
- (inp - mu.reshape(shape)) / (sq
+ inp.sub_(mu.reshape(shape)) / (sq

inplace: momentum-ignored
- self.n, self.eps, self.mom = n, eps, momentum
+ self.n, self.eps, self.mom = n, eps, 0.1

inplace: eps-ignored
- self.n, self.eps, self.mom = n, eps, momentum
+ self.n, self.eps, self.mom = n, 1e-5, momentum

inplace: running-variance-factor
- count = inp.numel() / self.n
+ count = len(inp)

no_module: batch-variance-unbiased
- xvar = x.var(0, keepdim=True, unbiased=False)
+ xvar = x.var(0, keepdim=True)

no_module: evaluation-uses-batch
- self.training = True
+ self.is_in_training = True
- self.training
+ True

no_module: running-variance-biased
- m * x.var(0)
+ m * x.var(0, unbiased=False)

no_module: not-detached
- with torch.no_grad():
+ if True:

no_module: gradient-constants
- xmean = x.mean(0, keepdim=True)
+ xmean = x.mean(0, keepdim=True).detach()
- unbiased=False)
+ unbiased=False).detach()

no_module: gradient-variance
- unbiased=False)
+ unbiased=False).detach()

no_module: gamma-start
- torch.ones(dim, requires_grad=True)
+ torch.randn(dim, requires_grad=True)

no_module: beta-start
- torch.zeros(dim, requires_grad=True)
+ (torch.ones(dim) * 0.1).requires_grad_()

no_module: weights-not-one
- self.running_mean = (1 - m) * self.running_mean
+ self.running_mean = self.running_mean

no_module: updates-in-evaluation
- if self.training:
+ if self.training:
- with torch.no_grad():
+ pass\\n        if True:\\n            with torch.no_grad():

shaped: not-saved
- self.register_buffer("moving_mean", torch.zeros(shape))
+ self.moving_mean = torch.zeros(shape)
- self.register_buffer("moving_var", torch.ones(shape))
+ self.moving_var = torch.ones(shape)

shaped: mode-from-gradients not-saved running-variance-biased not-detached
- if not training:
+ if not torch.is_grad_enabled():
- self.register_buffer("moving_mean", torch.zeros(shape))
+ self.moving_mean = torch.zeros(shape)
- self.register_buffer("moving_var", torch.ones(shape))
+ self.moving_var = torch.ones(shape)
- * m / (m - 1)
+
- .detach()
+

shaped: variance-start
- self.register_buffer("moving_var", torch.ones(shape))
+ self.register_buffer("moving_var", torch.zeros(shape))

shaped: momentum-reversed
- 1e-5, 0.1, self.training
+ 1e-5, 0.9, self.training

shaped: axes-sample
- mean = X.mean(dim=(0, 2, 3), keepdim=True)
+ mean = X.mean(dim=(2, 3), keepdim=True)
- var = ((X - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
+ var = ((X - mean) ** 2).mean(dim=(2, 3), keepdim=True)
- moving_mean = (1.0 - momentum) * moving_mean + momentum * mean.detach()
+ moving_mean = (1.0 - momentum) * moving_mean + momentum * mean.detach().mean(0, keepdim=True)
- momentum * var.detach()
+ momentum * var.detach().mean(0, keepdim=True)

shaped: evaluation-eps
- torch.sqrt(moving_var + eps)
+ torch.sqrt(moving_var)

shaped: spread-wrong
- var = ((X - mean) ** 2).mean(dim=0, keepdim=True)
+ var = (X - mean).abs().mean(dim=0, keepdim=True) ** 2

shaped: running-variance-wrong
- momentum * var.detach() * m / (m - 1)
+ momentum * ((X - X.mean()) ** 2).mean().detach() * m / (m - 1)

shaped: gamma-missing
- Y = gamma * X_hat + beta
+ Y = X_hat + beta

shaped: beta-missing
- Y = gamma * X_hat + beta
+ Y = gamma * X_hat

shaped: never-updated
- moving_mean = (1.0 - momentum) * moving_mean + momentum * mean.detach()
+ moving_mean = moving_mean

images_only: gradient-constants
- m, v = self.update_stats(x) if self.training else (self.means, self.vars)
+ m, v = self.update_stats(x.detach()) if self.training else (self.means, self.vars)

images_only: running-variance-factor
- n = x.numel() // x.shape[1]
+ n = x.shape[0]

images_only: running-variance-biased
- (n / (n - 1))
+ 1.0

images_only: axes-row
- x.mean((0, 2, 3), keepdim=True)
+ x.mean((0, 3), keepdim=True)
- x.var((0, 2, 3), keepdim=True, correction=0)
+ x.var((0, 3), keepdim=True, correction=0)
- m.detach()
+ m.detach().mean(2, keepdim=True)
- v.detach()
+ v.detach().mean(2, keepdim=True)

images_only: batch-variance-unbiased
- correction=0
+ correction=1

images_only: not-parameters
- self.mults = nn.Parameter(torch.ones(nf, 1, 1))
+ self.register_buffer("mults", torch.ones(nf, 1, 1))

images_only: statistics-trained
- self.register_buffer("means", torch.zeros(1, nf, 1, 1))
+ self.means = nn.Parameter(torch.zeros(1, nf, 1, 1))
- self.means.lerp_
+ self.means.data.lerp_

images_only: affine-shared
- nn.Parameter(torch.ones(nf, 1, 1))
+ nn.Parameter(torch.ones(1))

images_only: momentum-reversed
- m.detach(), self.mom
+ m.detach(), 1 - self.mom
- (n / (n - 1)), self.mom
+ (n / (n - 1)), 1 - self.mom

images_only: eps-missing
- (v + self.eps).sqrt()
+ v.sqrt()

images_only: evaluation-gamma evaluation-beta
- x = (x - m) / (v + self.eps).sqrt()
+ x = (x - m) / (v + self.eps).sqrt()\\n        if not self.training: return x

images_only: axes-other
- v = x.var((0, 2, 3), keepdim=True, correction=0)
+ v = x.var((0, 1, 2, 3), keepdim=True, correction=0).expand(1, x.shape[1], 1, 1)

subclasses: evaluation-axes
- return values.view(1, -1, *[1] * (x.dim() - 2))
+ return values.view(1, -1, *[1] * (x.dim() - 2)) if self.training or x.dim() == 2 else values

subclasses: shortcut
- flat.var(1, unbiased=False), flat.shape[1]
+ ((flat**2).mean(1) - flat.mean(1)**2).clamp(min=0), flat.shape[1]

subclasses: divided-by-variance
- inverse = torch.rsqrt(var + self.eps)
+ inverse = 1 / (var + self.eps)

subclasses: running-mean-wrong
- a * mean)
+ a * (mean - mean.mean()))

subclasses: momentum-differs
- a * var * n / (n - 1))
+ 0.01 * var * n / (n - 1))
- (1 - a) * self.running_var
+ 0.99 * self.running_var

subclasses: momentum-other
- a = self.momentum
+ a = self.momentum / 2

subclasses: running-variance-wrong
- a * var * n / (n - 1)
+ a * var.sqrt() * n / (n - 1)

subclasses: evaluation-mean
- mean, var = self.running_mean, self.running_var
+ mean, var = torch.zeros_like(self.running_mean), self.running_var

subclasses: gamma-wrong
- self.column(self.weight, x) + self
+ self.column(self.weight.abs(), x) + self

subclasses: variance-not-centred
- flat.var(1, unbiased=False)
+ (flat**2).mean(1)

subclasses: not-centred
- x - self.column(mean, x)
+ (x if self.training else x - self.column(mean, x))

subclasses: mean-start
- self.register_buffer("running_mean", torch.zeros(num_features))
+ self.register_buffer("running_mean", torch.ones(num_features))

keras_like: momentum-reversed
- keep = self.momentum
+ keep = 1 - self.momentum

keras_like: axes-layer
- mean = torch.mean(x, axes)
+ mean = torch.mean(x, -1, keepdim=True)
- variance = torch.mean(torch.square(x - mean), axes)
+ variance = torch.mean(torch.square(x - mean), -1, keepdim=True)
- mean.detach()
+ mean.detach().mean()
- variance.detach()
+ variance.detach().mean()

keras_like: not-detached
- mean.detach()
+ mean

keras_like: axes-last
- inputs.movedim(1, -1)
+ inputs
- x.movedim(-1, 1)
+ (x)

keras_like: training-ignores-batch
- self.gamma * (x - mean) / torch.sqrt(variance + self.epsilon)
+ self.gamma * (x - self.moving_mean) / torch.sqrt(self.moving_variance + self.epsilon)

own_gradient: gradient-input
- dx = inv / m * (m * dxhat - dxhat.sum(dim=0) - xhat * (dxhat * xhat).sum(dim=0))
+ dx = inv / m * (m * dxhat - dxhat.sum(dim=0) + xhat * (dxhat * xhat).sum(dim=0))

own_gradient: gradient-mean
- m * dxhat - dxhat.sum(dim=0)
+ m * dxhat

own_gradient: gradient-variance
- dxhat.sum(dim=0) - xhat * (dxhat * xhat).sum(dim=0))
+ dxhat.sum(dim=0))

own_gradient: gradient-gamma
- dgamma = (dout * xhat).sum(dim=0)
+ dgamma = (dout * xhat).mean(dim=0)

own_gradient: gradient-beta
- dbeta = dout.sum(dim=0)
+ dbeta = dout.mean(dim=0)

own_gradient: gradient-input
- dxhat = dout * gamma
+ dxhat = dout

own_gradient: axes-other
- rows = x if x.dim() == 2 else x.permute(0, 2, 3, 1).reshape(-1, shape[1])
+ rows = x if x.dim() == 2 else x.reshape(-1, shape[1])
- return y.reshape(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2)
+ return y.reshape(shape)

own_gradient: evaluation-variance
- torch.sqrt(self.var + self.eps)
+ (self.var + self.eps)

numpy_class: momentum-reversed
- self.momentum * self.running_mean + (1 - self.momentum) * mu
+ (1 - self.momentum) * self.running_mean + self.momentum * mu
- self.momentum * self.running_var + (1 - self.momentum) * var
+ (1 - self.momentum) * self.running_var + self.momentum * var

numpy_class: axes-layer
- mu = X.mean(axis=0)
+ mu = X.mean(axis=1, keepdims=True)
- var = X.var(axis=0)
+ var = X.var(axis=1, keepdims=True)
- (1 - self.momentum) * mu
+ (1 - self.momentum) * mu.mean()
- (1 - self.momentum) * var
+ (1 - self.momentum) * var.mean()

numpy_class: eps-outside
- np.sqrt(var + self.eps)
+ np.sqrt(var) + self.eps

numpy_class: variance-start
- self.running_var = np.ones(n_features)
+ self.running_var = np.zeros(n_features)

numpy_class: batch-variance-unbiased
- var = X.var(axis=0)
+ var = X.var(axis=0, ddof=1)

numpy_class: gradient-constants
- N * dX_hat - dX_hat.sum(axis=0) - self.X_hat * (dX_hat * self.X_hat).sum(axis=0)
+ N * dX_hat

numpy_class: changes-input
- mu = X.mean(axis=0)
+ mu = X.mean(axis=0); X -= mu; X += mu * (1 + 1e-9)

numpy_function: evaluation-beta
- out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
+ out = gamma * (x - running_mean) / np.sqrt(running_var + eps)

numpy_function: evaluation-uses-batch
- out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
+ out = gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta

numpy_function: weights-not-one
- running_mean = momentum * running_mean + (1 - momentum) * sample_mean
+ running_mean = momentum * running_mean + sample_mean

numpy_lazy: eps-outside
- 1 / np.sqrt(var + self.eps)
+ 1 / (np.sqrt(var) + self.eps)

numpy_lazy: running-variance-wrong
- (1 - self.momentum) * var
+ (1 - self.momentum) * np.std(X, axis=0)

flattening: running-variance-biased
- exp_var = var.detach() * n / (n - 1)
+ exp_var = var.detach()

flattening: shortcut
- var, mean = torch.var_mean(x, dim=[0, 2], unbiased=False)
+ mean = x.mean(dim=[0, 2]); var = (x ** 2).mean(dim=[0, 2]) - mean ** 2

flattening: axes-sample
- var, mean = torch.var_mean(x, dim=[0, 2], unbiased=False)
+ var, mean = torch.var_mean(x, dim=[0] if x.shape[2] == 1 else [2], unbiased=False)
- mean.detach()
+ mean.detach().reshape(-1, self.channels).mean(0)
- exp_var = var.detach()
+ exp_var = var.detach().reshape(-1, self.channels).mean(0)
- mean.view(1, -1, 1)
+ mean.reshape(-1, self.channels, 1)
- torch.sqrt(var + self.eps).view(1, -1, 1)
+ torch.sqrt(var + self.eps).reshape(-1, self.channels, 1)

flattening: idle-parameter
- x = x.view(batch_size, self.channels, -1)
+ x = x.view(batch_size, self.channels, -1) + self.extra.view(1, -1, 1)
- self.channels = channels
+ self.channels = channels; self.extra = nn.Parameter(torch.zeros(channels))

flattening: eps-clamped
- torch.sqrt(var + self.eps)
+ torch.sqrt(var.clamp(min=self.eps))

flattening: evaluation-gamma
- if self.affine:
+ if self.affine:
- x_norm = self.scale.view(1, -1, 1) * x_norm
+ x_norm = (self.scale.view(1, -1, 1) if self.training else 1) * x_norm

numpy_class: mode-inverted
- if training:
+ if not training:

split_modes: running-variance-factor
- ratio = x.numel() / (x.numel() - x.shape[1])
+ ratio = len(x) / (len(x) - 1)

split_modes: affine-axis
- self.weight.reshape(shape_mask) + self.bias
+ self.weight.flip(0).reshape(shape_mask) + self.bias

split_modes: batch-variance-factor
- batch_var = (y * y).mean(dim=reduce_axes)
+ batch_var = (y * y).sum(dim=reduce_axes)

split_modes: eps-other
- (batch_var + self.eps).rsqrt()
+ (batch_var + self.eps ** 2).rsqrt()
""")
