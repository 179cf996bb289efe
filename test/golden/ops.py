"""Forward values, gradients and second derivatives of the convolutions, norms and a few activations, from PyTorch in float64.

    python test/golden/ops.py        writes ops.json beside this file

Of each case: outputs y = op(inputs); gradients of L = sum(cotangent * y); and "second", the gradients of
S = 1/2 * (the sum of the squares of all those gradients), where a missing name means zero.
"""
import torch
import torch.nn.functional as F

from golden import Waves, number, values, write

cases = []


def case(name, op, attrs, tensors, function, extra=None):
    """tensors: name -> (shape, scale, offset); function(**tensors) -> y; extra() -> further outputs, after y was computed."""
    waves = Waves(first=len(cases) % 7)
    inputs = {key: waves.make(key, *spec).requires_grad_() for key, spec in tensors.items()}
    y = function(**inputs)
    formulas = dict(waves.formulas)
    cotangent = waves.make("cotangent", y.shape)
    gradients = torch.autograd.grad((y * cotangent).sum(), list(inputs.values()), create_graph=True)
    squares = sum((g * g).sum() for g in gradients) / 2
    second = torch.autograd.grad(squares, list(inputs.values()), allow_unused=True) if squares.requires_grad else [None] * len(inputs)
    cases.append({
        "name": name, "op": op, "attrs": attrs, "inputs": formulas, "cotangent": waves.formulas["cotangent"],
        "outputs": {"y": values(y), **(extra() if extra else {})},
        "gradients": {key: values(g) for key, g in zip(inputs, gradients)},
        "second": {key: values(g) for key, g in zip(inputs, second) if g is not None and bool((g != 0).any())},
    })


def conv2d(name, x, w, bias=False, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Weights [out, in / groups, kh, kw]."""
    attrs = {"stride": list(stride), "padding": list(padding), "dilation": list(dilation), "groups": groups}
    tensors = {"x": (x, 1.0), "w": (w, 0.5), **({"b": ((w[0],), 0.3)} if bias else {})}
    case(name, "conv2d", attrs, tensors, lambda x, w, b=None: F.conv2d(x, w, b, stride, padding, dilation, groups))


def conv_transpose2d(name, x, w, bias=False, stride=(1, 1), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1), groups=1):
    """Weights [in, out / groups, kh, kw]."""
    attrs = {"stride": list(stride), "padding": list(padding), "outputPadding": list(output_padding), "dilation": list(dilation), "groups": groups}
    tensors = {"x": (x, 1.0), "w": (w, 0.5), **({"b": ((w[1] * groups,), 0.3)} if bias else {})}
    case(name, "convTranspose2d", attrs, tensors, lambda x, w, b=None: F.conv_transpose2d(x, w, b, stride, padding, output_padding, groups, dilation))


conv2d("conv2d plain, bias", (2, 3, 5, 4), (4, 3, 3, 3), bias=True)
conv2d("conv2d stride 2, padding 1, kernel 4 (DCGAN)", (2, 3, 8, 8), (4, 3, 4, 4), stride=(2, 2), padding=(1, 1))
conv2d("conv2d stride 2 leaves a remainder", (2, 2, 7, 6), (3, 2, 3, 3), stride=(2, 2), padding=(1, 1))
conv2d("conv2d dilation 2, padding 2", (1, 2, 6, 7), (3, 2, 3, 3), padding=(2, 2), dilation=(2, 2))
conv2d("conv2d groups 2, kernel 3 x 2", (2, 4, 5, 5), (6, 2, 3, 2), padding=(1, 0), groups=2)
conv2d("conv2d stride 2, padding 1, dilation 2, groups 2, bias", (2, 4, 8, 7), (4, 2, 3, 3), bias=True, stride=(2, 2), padding=(1, 1), dilation=(2, 2), groups=2)
conv2d("conv2d stride 2 x 1, depthwise", (1, 3, 6, 5), (3, 1, 3, 3), stride=(2, 1), padding=(1, 1), groups=3)
conv2d("conv2d kernel 1", (2, 3, 3, 4), (5, 3, 1, 1))
conv2d("conv2d kernel covers the image", (2, 3, 4, 4), (2, 3, 4, 4))

conv_transpose2d("convTranspose2d from 1 x 1 (DCGAN's first)", (2, 5, 1, 1), (5, 3, 4, 4))
conv_transpose2d("convTranspose2d stride 2, padding 1, kernel 4 (DCGAN)", (2, 3, 4, 3), (3, 2, 4, 4), bias=True, stride=(2, 2), padding=(1, 1))
conv_transpose2d("convTranspose2d stride 2, padding 1, kernel 3, output padding 1", (2, 3, 3, 4), (3, 2, 3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))
conv_transpose2d("convTranspose2d stride 2, no output padding: odd size", (1, 2, 3, 4), (2, 3, 3, 3), stride=(2, 2), padding=(1, 1))
conv_transpose2d("convTranspose2d stride 2, groups 2, output padding 1", (2, 4, 3, 3), (4, 3, 3, 3), bias=True, stride=(2, 2), padding=(1, 1), output_padding=(1, 1), groups=2)
conv_transpose2d("convTranspose2d stride 1, dilation 2", (1, 2, 4, 3), (2, 2, 3, 3), padding=(1, 1), dilation=(2, 2))
conv_transpose2d("convTranspose2d stride 3 above kernel 2", (1, 2, 3, 2), (2, 2, 2, 2), stride=(3, 3))


def batch_norm(name, shape, training):
    channels, momentum, eps = shape[1], 0.1, 1e-5
    waves = Waves(first=20)
    mean, var = waves.make("runningMean", (channels,), 0.2), waves.make("runningVar", (channels,), 0.3, 1.0)
    attrs = {"training": training, "momentum": momentum, "eps": eps, "runningMean": waves.formulas["runningMean"], "runningVar": waves.formulas["runningVar"]}
    case(name, "batchNorm", attrs, {"x": (shape, 1.5, 0.3), "weight": ((channels,), 0.3, 1.0), "bias": ((channels,), 0.4)},
         lambda x, weight, bias: F.batch_norm(x, mean, var, weight, bias, training, momentum, eps),
         lambda: {"runningMean": values(mean), "runningVar": values(var)})


batch_norm("batchNorm training, images", (3, 3, 4, 2), True)
batch_norm("batchNorm training, vectors", (6, 4), True)
batch_norm("batchNorm inference, images", (2, 3, 3, 2), False)
case("instanceNorm", "instanceNorm", {"eps": 1e-5}, {"x": ((2, 3, 4, 3), 1.5, 0.3), "weight": ((3,), 0.3, 1.0), "bias": ((3,), 0.4)},
     lambda x, weight, bias: F.instance_norm(x, weight=weight, bias=bias, eps=1e-5))
case("layerNorm, vectors", "layerNorm", {"normalizedShape": [6], "eps": 1e-5}, {"x": ((4, 6), 1.5, 0.3), "weight": ((6,), 0.3, 1.0), "bias": ((6,), 0.4)},
     lambda x, weight, bias: F.layer_norm(x, (6,), weight, bias, 1e-5))
case("layerNorm over [c, h, w]", "layerNorm", {"normalizedShape": [3, 2, 4], "eps": 1e-5},
     {"x": ((2, 3, 2, 4), 1.5, 0.3), "weight": ((3, 2, 4), 0.3, 1.0), "bias": ((3, 2, 4), 0.4)},
     lambda x, weight, bias: F.layer_norm(x, (3, 2, 4), weight, bias, 1e-5))

case("gelu (erf)", "gelu", {}, {"x": ((3, 8), 3.0)}, lambda x: F.gelu(x))
case("softplus", "softplus", {}, {"x": ((3, 8), 4.0)}, lambda x: F.softplus(x, threshold=1e9))
case("softplus, large arguments", "softplus", {}, {"x": ((2, 8), 60.0)}, lambda x: F.softplus(x, threshold=1e9))
case("logSumExp over axis 1", "logSumExp", {"axis": 1, "keepDims": False}, {"x": ((3, 5, 2), 3.0)}, lambda x: torch.logsumexp(x, 1))
case("logSumExp, large arguments", "logSumExp", {"axis": 1, "keepDims": True}, {"x": ((3, 5), 50.0, 700.0)}, lambda x: torch.logsumexp(x, 1, keepdim=True))
case("logSoftmax over axis 1", "logSoftmax", {"axis": 1}, {"x": ((3, 5, 2), 3.0)}, lambda x: torch.log_softmax(x, 1))
case("leakyRelu", "leakyRelu", {"slope": 0.2}, {"x": ((3, 8), 2.0)}, lambda x: F.leaky_relu(x, 0.2))
case("reflection pad 1, 2 columns and 2, 0 rows", "padReflect", {"top": 2, "bottom": 0, "left": 1, "right": 2}, {"x": ((2, 2, 3, 4), 1.0)},
     lambda x: F.pad(x, (1, 2, 2, 0), mode="reflect"))
case("nearest x 2", "resizeNearest", {"factor": 2}, {"x": ((2, 2, 2, 3), 1.0)}, lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
case("average pool 2", "averagePool2d", {"size": 2}, {"x": ((2, 2, 4, 6), 1.0)}, lambda x: F.avg_pool2d(x, 2))
case("binary cross-entropy on logits, sum", "bernoulliNll", {}, {"logits": ((3, 6), 4.0), "target": ((3, 6), 0.5, 0.5)},
     lambda logits, target: F.binary_cross_entropy_with_logits(logits, target, reduction="sum"))
case("layer norm of images: GroupNorm(1, c)", "imageNorm", {"eps": 1e-5}, {"x": ((3, 4, 3, 2), 1.5, 0.3), "weight": ((4,), 0.3, 1.0), "bias": ((4,), 0.4)},
     lambda x, weight, bias: F.group_norm(x, 1, weight, bias, 1e-5))


def gradient_penalty():
    """mean over images of (|d critic / d x| - 1)^2 (arXiv:1704.00028, without its factor 10), and its gradient in the critic's weights."""
    waves = Waves()
    x = waves.make("x", (3, 3, 8, 8)).requires_grad_()
    params = {
        "conv1.weight": waves.make("conv1.weight", (4, 3, 4, 4), 0.3), "conv1.bias": waves.make("conv1.bias", (4,), 0.2),
        "conv2.weight": waves.make("conv2.weight", (1, 4, 4, 4), 0.6), "conv2.bias": waves.make("conv2.bias", (1,), 0.2),
    }
    for param in params.values():
        param.requires_grad_()
    hidden = torch.tanh(F.conv2d(x, params["conv1.weight"], params["conv1.bias"], 2, 1))
    critic = F.conv2d(hidden, params["conv2.weight"], params["conv2.bias"]).flatten()
    (slope,) = torch.autograd.grad(critic.sum(), x, create_graph=True)
    norms = slope.flatten(1).norm(dim=1)
    penalty = ((norms - 1) ** 2).mean()
    targets = {**params, "x": x}
    gradients = torch.autograd.grad(penalty, list(targets.values()), allow_unused=True)
    return {
        "critic": "conv2d(3 -> 4, kernel 4, stride 2, padding 1), tanh, conv2d(4 -> 1, kernel 4)", "inputs": waves.formulas,
        "outputs": {"critic": values(critic), "slope": values(slope), "norms": values(norms), "penalty": number(penalty)},
        "gradients": {key: values(g if g is not None else torch.zeros_like(targets[key])) for key, g in zip(targets, gradients)},
    }


write(__file__, {
    "layout": "images [n, c, h, w]; conv2d weights [out, in / groups, kh, kw]; convTranspose2d weights [in, out / groups, kh, kw]; pairs are [height, width]",
    "gradients": "of sum(cotangent * y)",
    "second": "gradients of half the sum of squares of all entries under gradients; a missing name is zero",
    "batchNorm": "runningMean and runningVar under outputs are the statistics after the pass, new = (1 - momentum) * old + momentum * batch, with the batch variance over n - 1; y itself uses n",
    "softplus": "computed without PyTorch's switch to the identity above 20",
}, cases=cases, gradientPenalty=gradient_penalty())
