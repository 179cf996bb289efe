"""The two losses of adversarial games with their gradients in the scores, and spectral normalisation over two passes, from PyTorch in float64.

    python test/golden/adversarial.py        writes adversarial.json beside this file
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Waves, number, values, write

N = 7
bce, mse = F.binary_cross_entropy_with_logits, F.mse_loss
one, zero = torch.ones(N, 1), torch.zeros(N, 1)
LOSSES = {
    "minimax": (lambda real, fake: bce(real, one) + bce(fake, zero), lambda fake: -bce(fake, zero)),
    "nonSaturating": (lambda real, fake: bce(real, one) + bce(fake, zero), lambda fake: bce(fake, one)),
    "leastSquares": (lambda real, fake: (mse(real, one) + mse(fake, zero)) / 2, lambda fake: mse(fake, one) / 2),
    "hinge": (lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(), lambda fake: -fake.mean()),
    "wasserstein": (lambda real, fake: -(real.mean() - fake.mean()), lambda fake: -fake.mean()),
}


def losses():
    waves = Waves()
    real, fake = (waves.make(name, (N, 1), 1.9).requires_grad_() for name in ("real", "fake"))
    out = {}
    for name, (discriminator, generator) in LOSSES.items():
        d, g = discriminator(real, fake), generator(fake)
        real_slope, fake_slope = torch.autograd.grad(d, [real, fake])
        (generator_slope,) = torch.autograd.grad(g, [fake])
        out[name] = {"discriminator": number(d), "generator": number(g),
                     "gradients": {"discriminator/real": values(real_slope), "discriminator/fake": values(fake_slope), "generator/fake": values(generator_slope)}}
    return {"inputs": waves.formulas, "losses": out}


def spectral(layer, x, u):
    """Two passes in training: each makes one step of power iteration and divides by what it found."""
    waves = Waves(first=3)
    with torch.no_grad():
        layer.weight.copy_(waves.make("weight", layer.weight.shape, 0.4))
        layer.bias.copy_(waves.make("bias", layer.bias.shape, 0.2))
    x, u = waves.make("x", x), waves.make("u", (u,))
    normed = nn.utils.spectral_norm(layer, n_power_iterations=1, eps=0)
    with torch.no_grad():
        normed.weight_u.copy_(F.normalize(u, dim=0))
    outputs, gradients, us = [], [], []
    cotangent = None
    for _ in range(2):
        y = normed(x)
        cotangent = waves.make("cotangent", y.shape) if cotangent is None else cotangent
        weight, bias = torch.autograd.grad((y * cotangent).sum(), [normed.weight_orig, normed.bias])
        outputs.append(values(y))
        gradients.append({"weight": values(weight), "bias": values(bias)})
        us.append(values(normed.weight_u))
    return {"inputs": waves.formulas, "outputs": outputs, "gradients": gradients, "u": us}


write(__file__, {
    "losses": "scores [7, 1] of real and generated items; the saturating generator lowers mean log(1 - sigmoid)",
    "spectral": "torch.nn.utils.spectral_norm, one step of power iteration a pass, from the given u; entry i of outputs, gradients and u is that of pass i, u after it; gradients of sum(cotangent * y) in the weight that is normalised, u and v being constants",
    "layout": "Linear weights [out, in]; Conv2d weights [out, in, kh, kw], images [n, c, h, w]; for u a convolution's weight is a matrix [out, in * kh * kw]",
}, losses=losses(), spectral={"linear": spectral(nn.Linear(5, 4), (3, 5), 4), "conv": spectral(nn.Conv2d(2, 3, 4, 2, 1), (2, 2, 8, 8), 3)})
