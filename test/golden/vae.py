"""Loss, its parts and all gradients of one step of small VAEs, from PyTorch in float64.

    python test/golden/vae.py        writes vae.json beside this file

Smooth activations (tanh), so that no value sits on a kink. Losses in nats per image: sum over pixels, mean over the batch.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Waves, number, values, write


class Mlp(nn.Module):
    """12-8-3-8-12."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(12, 8), nn.Tanh())
        self.mean, self.logvar = nn.Linear(8, 3), nn.Linear(8, 3)
        self.decoder = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 12))


class Conv(nn.Module):
    """8 x 8 x 1, two strided convolutions down to 4 x 2 x 2, two transposed ones up."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 3, 4, 2, 1), nn.Tanh(), nn.Conv2d(3, 4, 4, 2, 1), nn.Tanh(), nn.Flatten())
        self.mean, self.logvar = nn.Linear(16, 2), nn.Linear(16, 2)
        self.decoder = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Unflatten(1, (4, 2, 2)), nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh(), nn.ConvTranspose2d(3, 1, 4, 2, 1))


def step(name, model, image, latent, batch, likelihood):
    waves = Waves()
    net = model()
    if likelihood == "gaussian, learned sigma":
        net.register_parameter("logSigma", nn.Parameter(torch.zeros(())))
    with torch.no_grad():
        for key, param in net.named_parameters():
            fan_in = param[0].numel() if param.dim() > 1 else 1
            param.copy_(waves.make(key, param.shape, round(1.5 / math.sqrt(fan_in), 3) if param.dim() > 1 else 0.2))
    parameters = waves.formulas
    waves.formulas = {}
    x = waves.make("x", (batch, *image), 0.5, 0.5)
    noise = waves.make("noise", (batch, latent), 1.3)

    hidden = net.encoder(x)
    mean, logvar = net.mean(hidden), net.logvar(hidden)
    out = net.decoder(mean + torch.exp(0.5 * logvar) * noise)
    if likelihood == "bernoulli":
        recon = F.binary_cross_entropy_with_logits(out, x, reduction="sum") / batch
    else:
        log_sigma = net.logSigma if "learned" in likelihood else torch.tensor(math.log(0.5))
        recon = (0.5 * ((x - out) * torch.exp(-log_sigma)) ** 2 + log_sigma + 0.5 * math.log(2 * math.pi)).sum() / batch
    kl = -0.5 * (1 + logvar - mean**2 - torch.exp(logvar)).sum() / batch
    loss = recon + kl
    loss.backward()
    return {
        "name": name, "likelihood": likelihood, "inputs": waves.formulas, "parameters": parameters,
        "outputs": {"loss": number(loss), "recon": number(recon), "kl": number(kl), "mean": values(mean), "logvar": values(logvar), "decoded": values(out)},
        "gradients": {key: values(param.grad) for key, param in net.named_parameters()},
    }


write(__file__, {
    "step": "z = mean + exp(logvar / 2) * noise; loss = recon + kl; gradients of loss in every parameter",
    "recon": "bernoulli: cross-entropy of x in [0, 1] (grey, not binarised) against the logits 'decoded', no constant added; gaussian: -log density of x under N(decoded, sigma^2) with its constant",
    "mlp": "encoder.0 Linear(12, 8), tanh, mean and logvar Linear(8, 3); decoder.0 Linear(3, 8), tanh, decoder.2 Linear(8, 12)",
    "conv": "encoder.0 Conv2d(1, 3, 4, stride 2, padding 1), tanh, encoder.2 Conv2d(3, 4, 4, 2, 1), tanh, flatten, mean and logvar Linear(16, 2); decoder.0 Linear(2, 16), tanh, unflatten to 4 x 2 x 2, decoder.3 ConvTranspose2d(4, 3, 4, 2, 1), tanh, decoder.5 ConvTranspose2d(3, 1, 4, 2, 1)",
    "layout": "Linear [out, in]; Conv2d [out, in, kh, kw]; ConvTranspose2d [in, out, kh, kw]; flatten and unflatten are in channel, row, column order; images [n, c, h, w]",
}, steps=[
    step("mlp", Mlp, (12,), 3, 4, "bernoulli"),
    step("conv", Conv, (1, 8, 8), 2, 3, "bernoulli"),
    step("mlp gaussian", Mlp, (12,), 3, 4, "gaussian, sigma 0.5"),
    step("mlp gaussian, learned sigma", Mlp, (12,), 3, 4, "gaussian, learned sigma"),
])
