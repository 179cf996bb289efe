"""Trajectories of PyTorch's optimizers on a quadratic and on a small net, in float64 and float32, and of gradient clipping, weight clipping and EMA.

    python test/golden/optimizers.py        writes optimizers.json beside this file
"""
import torch
import torch.nn.functional as F

from golden import Waves, number, values, write

STEPS = [*range(1, 21), 100]
NET_STEPS = [1, 2, 5, 20, 100]

OPTIMIZERS = [
    ("sgd", "sgd", {"lr": 0.05}),
    ("sgd momentum", "sgd", {"lr": 0.02, "momentum": 0.9}),
    ("sgd nesterov", "sgd", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("rmsprop", "rmsprop", {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8}),
    ("rmsprop momentum", "rmsprop", {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0.9}),
    ("rmsprop centered", "rmsprop", {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "centered": True}),
    ("adam", "adam", {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 1e-8}),
    ("adam betas .5 .999", "adam", {"lr": 1e-2, "betas": [0.5, 0.999], "eps": 1e-8}),
    ("adam betas 0 .9", "adam", {"lr": 2e-3, "betas": [0.0, 0.9], "eps": 1e-8}),
    ("adam eps .1", "adam", {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 0.1}),
    ("adamw decay .01", "adamw", {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 0.01}),
    ("adamw decay .1", "adamw", {"lr": 1e-2, "betas": [0.5, 0.999], "eps": 1e-8, "weightDecay": 0.1}),
]
CLASSES = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def optimizer(kind, options, params):
    options = {"weight_decay" if key == "weightDecay" else key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    return CLASSES[kind](params, foreach=False, **options)


# The quadratic 1/2 x^T A x - b x; A is symmetric with eigenvalues 0.075 to 4.26.
MATRIX = [[2.0, 0.5, -0.3, 0.2, 0.1], [0.5, 1.5, 0.4, -0.6, 0.2], [-0.3, 0.4, 1.0, 0.3, -0.2], [0.2, -0.6, 0.3, 4.0, 0.7], [0.1, 0.2, -0.2, 0.7, 0.5]]
VECTOR = [1.0, -2.0, 0.5, 3.0, -1.0]
START = [0.9, -0.4, 1.7, -1.1, 0.3]


def quadratic(dtype):
    matrix, vector = torch.tensor(MATRIX, dtype=dtype), torch.tensor(VECTOR, dtype=dtype)
    x = torch.tensor(START, dtype=dtype).requires_grad_()
    return x, lambda: 0.5 * x @ (matrix @ x) - vector @ x


def spread(a, b):
    """The largest difference between the float64 and the float32 run: what rounding alone does to this trajectory."""
    return float(f"{max(abs(v - w) for x, y in zip(a, b) for v, w in zip(x, y)):.1e}")


def descend(step, loss, x, steps, after=lambda: None):
    """x after each of the steps wanted, flat."""
    kept = []
    for t in range(1, max(steps) + 1):
        step.zero_grad()
        loss().backward()
        step.step()
        after()
        if t in steps:
            kept.append([number(v) for v in x.tolist()])
    return kept


def on_quadratic(kind, options):
    out = {}
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        x, loss = quadratic(dtype)
        out[name] = descend(optimizer(kind, options, [x]), loss, x, STEPS)
    return {**out, "spread": spread(out["float64"], out["float32"])}


# The net: 16 points in the plane, 2-8-1 with tanh, mean squared error.
net_waves = Waves()
NET = {key: net_waves.make(key, shape, scale) for key, shape, scale in
       (("0.weight", (8, 2), 0.9), ("0.bias", (8,), 0.3), ("2.weight", (1, 8), 0.6), ("2.bias", (1,), 0.3), ("x", (16, 2), 1.5), ("y", (16, 1), 1.0))}


def on_net(kind, options):
    out = {}
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        p = {key: value.to(dtype).clone().requires_grad_() for key, value in NET.items() if "." in key}
        x, y = NET["x"].to(dtype), NET["y"].to(dtype)
        step = optimizer(kind, options, list(p.values()))
        losses, kept = [], []
        for t in range(1, max(NET_STEPS) + 1):
            step.zero_grad()
            loss = F.mse_loss(F.linear(torch.tanh(F.linear(x, p["0.weight"], p["0.bias"])), p["2.weight"], p["2.bias"]), y)
            loss.backward()
            step.step()
            if t in STEPS:
                losses.append(number(loss.item()))
            if t in NET_STEPS:
                kept.append([number(v) for value in p.values() for v in value.reshape(-1).tolist()])
        out[name] = {"losses": losses, "parameters": kept}
    return {**out, "spread": spread(out["float64"]["parameters"], out["float32"]["parameters"])}


def clip_gradients():
    """torch.nn.utils.clip_grad_norm_: all gradients times min(1, maxNorm / (norm + 1e-6))."""
    out = []
    for name, scale, limit in (("above the limit", 1.0, 1.0), ("below the limit", 0.05, 5.0)):
        waves = Waves()
        params = []
        for key, shape in (("a", (3, 4)), ("b", (5,)), ("c", ())):
            param = torch.nn.Parameter(torch.zeros(shape))
            param.grad = waves.make(key, shape, scale)
            params.append(param)
        norm = torch.nn.utils.clip_grad_norm_(params, limit)
        out.append({"name": name, "maxNorm": limit, "gradients": waves.formulas, "norm": number(norm), "clipped": {key: values(p.grad) for key, p in zip("abc", params)}})
    return out


def clip_weights():
    """RMSprop on the quadratic with the weights clamped to [-c, c] after each step (WGAN, arXiv:1701.07875, algorithm 1)."""
    options, c = {"lr": 5e-2, "alpha": 0.99, "eps": 1e-8}, 0.8
    out = {}
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        x, loss = quadratic(dtype)

        def clamp():
            with torch.no_grad():
                x.clamp_(-c, c)

        out[name] = descend(optimizer("rmsprop", options, [x]), loss, x, STEPS, clamp)
    return {"optimizer": "rmsprop", "options": options, "c": c, "steps": STEPS, **out}


def moving_average():
    """average = decay * average + (1 - decay) * x after each SGD step; it starts as the starting x."""
    options, decay = {"lr": 0.05}, 0.9
    out = {}
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        x, loss = quadratic(dtype)
        average = torch.optim.swa_utils.AveragedModel(Holder(x), multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay))
        average.update_parameters(Holder(x))  # the first update copies
        kept = []

        def update():
            average.update_parameters(Holder(x))
            kept.append([number(v) for v in average.module.x.tolist()])

        descend(optimizer("sgd", options, [x]), loss, x, STEPS, update)
        out[name] = [kept[t - 1] for t in STEPS]
    return {"optimizer": "sgd", "options": options, "decay": decay, "steps": STEPS, **out}


class Holder(torch.nn.Module):
    def __init__(self, x):
        super().__init__()
        self.x = torch.nn.Parameter(x.detach())


write(__file__, {
    "steps": "an entry of a trajectory is the state after that many steps",
    "sgd": "buffer = momentum * buffer + gradient, the first buffer is the gradient (no dampening); nesterov steps along gradient + momentum * buffer",
    "rmsprop": "square = alpha * square + (1 - alpha) * g^2, x -= lr * g / (sqrt(square) + eps); centered subtracts the square of the mean gradient under the root; momentum: buffer = momentum * buffer + g / (...), x -= lr * buffer",
    "adam": "x -= lr / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps), t = 1, 2, ...",
    "adamw": "x *= 1 - lr * weightDecay first, then Adam's step",
    "float32": "the run with every number in float32; Adam-like steps amplify rounding where a gradient is near zero, so compare within a few times the spread, the largest difference between the two runs",
    "net": "2-8-1 with tanh, mean squared error over 16 points; parameters are 0.weight, 0.bias, 2.weight, 2.bias one after the other, weights [out, in]; a loss is that of the step's start",
}, steps=STEPS, netSteps=NET_STEPS,
    quadratic={"loss": "1/2 x^T A x - b x", "A": MATRIX, "b": VECTOR, "start": START},
    net=net_waves.formulas,
    runs=[{"name": name, "optimizer": kind, "options": options, "quadratic": on_quadratic(kind, options), "net": on_net(kind, options)} for name, kind, options in OPTIMIZERS],
    clipGradNorm=clip_gradients(), clipWeights=clip_weights(), ema=moving_average())
