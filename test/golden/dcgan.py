"""One DCGAN step on 8 x 8 RGB images, from PyTorch in float64: D's gradients, Adam, then G's gradients through the updated D.

    python test/golden/dcgan.py        writes dcgan.json beside this file

The order of the official PyTorch example: G once, D on the real images and on the detached fakes as two passes (BatchNorm sees each alone),
D's Adam step, D on the same fakes again, G's gradients. tanh where DCGAN has ReLU, so that no value sits on a kink.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Waves, number, values, write

BATCH, Z, WIDTH = 3, 6, 4
generator = nn.Sequential(
    nn.ConvTranspose2d(Z, WIDTH, 4, 1, 0, bias=False), nn.BatchNorm2d(WIDTH), nn.Tanh(),
    nn.ConvTranspose2d(WIDTH, 3, 4, 2, 1, bias=False), nn.Tanh())
discriminator = nn.Sequential(
    nn.Conv2d(3, WIDTH, 4, 2, 1, bias=False), nn.Tanh(),
    nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.Tanh(),
    nn.Conv2d(2 * WIDTH, 1, 2, 1, 0, bias=False), nn.Flatten(0))
ADAM = {"lr": 2e-4, "betas": (0.5, 0.999), "eps": 1e-8}

waves = Waves()


def fill(net):
    with torch.no_grad():
        for key, param in net.named_parameters():
            if param.dim() > 1:  # a transposed convolution of stride 2 adds up a quarter of its taps at each pixel
                convolution = net[int(key.split(".")[0])]
                fan_in = param.shape[0] * 4 if isinstance(convolution, nn.ConvTranspose2d) else param[0].numel()
                param.copy_(waves.make(key, param.shape, round(1.5 / math.sqrt(fan_in), 3)))
            else:
                param.copy_(waves.make(key, param.shape, 0.2, 1.0 if key.endswith("weight") else 0.0))
    formulas, waves.formulas = waves.formulas, {}
    return formulas


def of(net, what):
    return {key: values(what(param)) for key, param in net.named_parameters()}


def running(net):
    return {key: values(value) for key, value in net.named_buffers() if not key.endswith("num_batches_tracked")}


parameters = {"generator": fill(generator), "discriminator": fill(discriminator)}
real = waves.make("real", (BATCH, 3, 8, 8), 0.9)
noise = waves.make("z", (BATCH, Z, 1, 1), 1.4)
one, zero = torch.ones(BATCH), torch.zeros(BATCH)
adam = torch.optim.Adam(discriminator.parameters(), **ADAM, foreach=False)

fake = generator(noise)
logits_real = discriminator(real)
logits_fake = discriminator(fake.detach())
loss_real = F.binary_cross_entropy_with_logits(logits_real, one)
loss_fake = F.binary_cross_entropy_with_logits(logits_fake, zero)
loss_d = loss_real + loss_fake
loss_d.backward()
gradients_d = of(discriminator, lambda p: p.grad)
smallest = min(param.grad.abs().min().item() for param in discriminator.parameters())
adam.step()

discriminator.requires_grad_(False)
logits_again = discriminator(fake)
loss_g = F.binary_cross_entropy_with_logits(logits_again, one)
loss_g.backward()

write(__file__, {
    "generator": "0 ConvTranspose2d(6, 4, 4, stride 1, padding 0), 1 BatchNorm2d(4), tanh, 3 ConvTranspose2d(4, 3, 4, 2, 1), tanh; no biases in convolutions",
    "discriminator": "0 Conv2d(3, 4, 4, 2, 1), tanh, 2 Conv2d(4, 8, 4, 2, 1), 3 BatchNorm2d(8), tanh, 5 Conv2d(8, 1, 2, 1, 0), one logit; no biases in convolutions",
    "batchNorm": "training mode throughout, eps 1e-5, momentum 0.1, running statistics start at 0 and 1; D's are updated by three passes: real, fake, fake again after its Adam step",
    "discriminatorStep": "loss = BCE(D(real), 1) + BCE(D(fake), 0), each the mean over the batch; Adam's first step",
    "generatorStep": "loss = BCE(D(fake), 1) with the updated D and the same fakes, gradients through D into G",
    "smallestGradient": "the least absolute entry among D's gradients: Adam's first step is nearly lr * sign, so entries near float32 rounding could move either way",
    "layout": "Conv2d [out, in, kh, kw]; ConvTranspose2d [in, out, kh, kw]; images [n, c, h, w]",
}, adam={"lr": ADAM["lr"], "betas": list(ADAM["betas"]), "eps": ADAM["eps"]}, inputs=waves.formulas, parameters=parameters,
    fake=values(fake),
    discriminatorStep={"loss": number(loss_d), "lossReal": number(loss_real), "lossFake": number(loss_fake), "logitsReal": values(logits_real), "logitsFake": values(logits_fake),
                       "gradients": gradients_d, "updated": of(discriminator, lambda p: p), "smallestGradient": number(smallest)},
    generatorStep={"loss": number(loss_g), "logits": values(logits_again), "gradients": of(generator, lambda p: p.grad)},
    running={"generator": running(generator), "discriminator": running(discriminator)})
