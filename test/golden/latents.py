"""Loss, its parts and all gradients of one step of a small IWAE and of small categorical VAEs, from PyTorch in float64.

    python test/golden/latents.py        writes latents.json beside this file

The nets are 12-8-(code)-8-12 with tanh, so that no value sits on a kink. Losses in nats per item.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Waves, number, values, write

BATCH, PIXELS, LATENT, SAMPLES, VARIABLES, CATEGORIES = 4, 12, 3, 3, 2, 4


def step(name, code, noise_shape, noise_scale, noise_offset, losses):
    """losses(net, x, noise) -> parts by name, with `loss` among them; code: (numbers out of the encoder, numbers into the decoder)."""
    waves = Waves(first=1)
    net = nn.ModuleDict({
        "encoder": nn.Sequential(nn.Linear(PIXELS, 8), nn.Tanh(), nn.Linear(8, code[0])),
        "decoder": nn.Sequential(nn.Linear(code[1], 8), nn.Tanh(), nn.Linear(8, PIXELS)),
    })
    with torch.no_grad():
        for key, param in net.named_parameters():
            param.copy_(waves.make(key, param.shape, round(4 / math.sqrt(param.shape[-1]), 3) if param.dim() > 1 else 0.2))
    parameters, waves.formulas = waves.formulas, {}
    x = waves.make("x", (BATCH, PIXELS), 0.5, 0.5)
    noise = waves.make("noise", noise_shape, noise_scale, noise_offset)
    parts = losses(net, x, noise)
    parts["loss"].backward()
    return {
        "name": name, "inputs": waves.formulas, "parameters": parameters,
        "outputs": {key: number(value) for key, value in parts.items()},
        "gradients": {key: values(param.grad) for key, param in net.named_parameters()},
    }


def iwae(net, x, noise):
    mean, logvar = net["encoder"](x).chunk(2, dim=1)
    z = mean + torch.exp(logvar / 2) * noise
    drawn = torch.distributions.Bernoulli(logits=net["decoder"](z), validate_args=False).log_prob(x).sum(2)
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(2)
    posterior = torch.distributions.Normal(mean, torch.exp(logvar / 2)).log_prob(z).sum(2)
    weights = drawn + prior - posterior
    return {"loss": (math.log(SAMPLES) - torch.logsumexp(weights, 0)).mean(), "elbo": weights.mean()}


def categorical(temperature, straight=False, relaxed=False):
    def losses(net, x, noise):
        logits = net["encoder"](x).view(BATCH, VARIABLES, CATEGORIES)
        log_y = torch.log_softmax((logits - torch.log(-torch.log(noise))) / temperature, 2)
        code = log_y.exp()
        if straight:
            code = (F.one_hot(code.argmax(2), CATEGORIES) - code).detach() + code
        out = net["decoder"](code.reshape(BATCH, -1))
        recon = F.binary_cross_entropy_with_logits(out, x, reduction="sum") / BATCH
        if relaxed:
            form = torch.distributions.relaxed_categorical.ExpRelaxedCategorical
            t = torch.tensor(temperature)
            kl = (form(t, logits=logits).log_prob(log_y) - form(t, logits=torch.zeros(CATEGORIES)).log_prob(log_y)).sum() / BATCH
        else:
            q = torch.distributions.Categorical(logits=logits)
            kl = torch.distributions.kl_divergence(q, torch.distributions.Categorical(logits=torch.zeros_like(logits))).sum() / BATCH
        return {"loss": recon + kl, "recon": recon, "kl": kl}
    return losses


WIDTH = VARIABLES * CATEGORIES
UNIFORM = ((BATCH, VARIABLES, CATEGORIES), 0.49, 0.5)
write(__file__, {
    "iwae": "3 draws; loss = -mean over items of log of the mean weight; elbo = mean of the log weights",
    "categorical": "2 variables of 4 categories; y = softmax((logits + g) / temperature), g = -log(-log(noise)); temperature 0.75, and 0.25 for the relaxed KL",
    "recon": "cross-entropy of x in [0, 1] (grey, not binarised) against the decoder's logits",
    "layout": "Linear [out, in]",
}, steps=[
    step("iwae", (2 * LATENT, LATENT), (SAMPLES, BATCH, LATENT), 1.3, 0.0, iwae),
    step("gumbel-softmax", (WIDTH, WIDTH), *UNIFORM, categorical(0.75)),
    step("straight-through", (WIDTH, WIDTH), *UNIFORM, categorical(0.75, straight=True)),
    step("relaxed KL", (WIDTH, WIDTH), *UNIFORM, categorical(0.25, relaxed=True)),
])
