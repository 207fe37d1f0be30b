"""What authors call the arguments of a layer: read from many, so that any of them can be called."""

from __future__ import annotations

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


CHANNELS = _set(
    "num_features features n_features nf num_channels n_channels channels channel in_channels "
    "out_channels dim dims d c n size sz ch units width hidden hidden_size input_size input_dim "
    "n_in n_out nin nout num_units shape input_shape param_shape feature_size f feat_dim"
)
SHAPE = _set("shape input_shape param_shape")
RANK = _set("num_dims ndim ndims n_dims rank dimensions n_dim num_dim")
GAMMA = _set("gamma weight scale gain g w mults scaler bngain bn_gain")
BETA = _set("beta bias shift offset b adds intercept bnbias bn_bias")
MEAN = _set(
    "running_mean moving_mean mean run_mean mu running_mu mean_running bnmean_running "
    "moving_avg_mean avg_mean avg_mu moving_mu ema_mean ra_mean exp_mean global_mean pop_mean rm"
)
VAR = _set(
    "running_var moving_var var variance moving_variance run_var running_variance var_running "
    "bnvar_running avg_var ema_var ra_var exp_var global_var pop_var running_std bnstd_running rv"
)
EPS = _set("eps epsilon")
MOMENTUM = _set("momentum mom alpha decay mo mu_decay rho")
TRAINING = _set(
    "training train is_training is_train istraining train_flg train_flag train_mode training_mode "
    "train_phase phase_train mode phase trainmode"
)
EVALUATING = _set(
    "eval test inference testing is_test evaluate eval_mode test_mode is_inference is_testing "
    "use_running_stats use_running_average use_global_stats is_eval"
)
SETTINGS = _set("bn_param bn_params config params state cache_dict bn_config")
EVALUATION = ("test", "eval", "inference", "evaluation", "testing", "infer", "predict", "valid")
INPUT = _set("x X input inputs inp z Z data h a A batch")
FORWARD = ("forward", "__call__", "forward_pass", "call", "apply", "fprop", "f")
FORWARD_LIKE = re.compile(r"(?!_|.*back)\w*(forward|norm)")
OUTPUT = _set("output outputs out y output_data result")
PREPARE = re.compile(r"(set_input_shape|init|initialize|build|setup)(_\w+)?$")
BACKWARD = ("backward", "backward_pass", "backprop", "bprop", "backward_prop", "backpropagation")
BACKWARD_LIKE = re.compile(r"(?!_)\w*(backward|back_?prop)")


def plain(name: str) -> str:
    """A name as the lists above have it: ``runningMean`` and ``_running_mean_`` are the same."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")


def train_text(text: str) -> str:
    """The word for training, where ``text`` may be one."""
    return text if text.lower().startswith("train") else "train"


def gradient_of(path: str) -> str:
    """What ``dgamma``, ``grads.gamma`` or ``gamma_grad`` is the gradient of; empty for others."""
    name = ".".join(plain(part) for part in path.split("."))
    first = re.search(r"(?:^|\.)(?:d_?|grad(?:ient)?s?[._]d?)([a-z]+)$", name)
    last = re.search(r"(?:^|\.)([a-z]+)[._]grad$", name)
    found = last or first
    return found.group(1) if found else ""


def gradient_beside(path: str, parameter: str | None) -> bool:
    """Whether the place is that of ``parameter`` in another list or dict, one of gradients."""
    parent, _, key = path.rpartition(".")
    own, _, same = (parameter or "").rpartition(".")
    return key == same and parent != own and re.search(r"(^|\.)d|grad", parent) is not None


def one_of(name: str, words: frozenset[str]) -> bool:
    return plain(name) in words
