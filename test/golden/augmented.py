"""Steps of two games with a head for each quarter turn (DAG), from PyTorch in float64; and a JS divergence by quadrature.

    python test/golden/augmented.py        writes augmented.json beside this file

tanh throughout, so that no value sits on a kink. Each turn goes through the discriminator by itself, and the generator's loss is of fresh fakes,
through the turns.
"""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Waves, number, write
from players import ToImage, ToVector, dense, fill, gradients, named, take

bce = F.binary_cross_entropy_with_logits
ADAM = {"betas": (0.5, 0.999), "eps": 1e-8, "foreach": False}
LAMBDA_U, LAMBDA_V, HEADS = 0.3, 0.7, 4


def summed(weight, losses):
    """The plain game's loss, and the mean of the others with their weight."""
    return losses[0] + weight / (HEADS - 1) * sum(losses[1:])


def image_turn(x, k):
    return torch.rot90(x, k, [2, 3])


def point_turn(x, k):
    angle = k * math.pi / 2
    return x @ torch.tensor([[round(math.cos(angle)), round(math.sin(angle))], [-round(math.sin(angle)), round(math.cos(angle))]], dtype=x.dtype)


def images():
    """GAN of convolutions, non-saturating, its discriminator without normalisation."""
    latent, rate = 5, 2e-3
    generator = nn.Sequential(
        nn.Linear(latent, 16, bias=False), ToImage(2, 2, 4), nn.BatchNorm2d(4), nn.Tanh(), nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False),
        nn.BatchNorm2d(3), nn.Tanh(), nn.ConvTranspose2d(3, 2, 4, 2, 1), nn.Tanh())
    discriminator = nn.Sequential(nn.Conv2d(2, 3, 4, 2, 1), nn.Tanh(), nn.Conv2d(3, 4, 4, 2, 1), nn.Tanh(), ToVector(), nn.Linear(16, HEADS))
    waves = Waves()
    parameters = {"generator": fill(generator, waves, "generator"), "discriminator": fill(discriminator, waves, "discriminator")}
    batch, z = waves.make("batch", (3, 2, 8, 8), 0.4, 0.5), waves.make("z", (3, latent), 1.3)
    one, zero = torch.ones(3), torch.zeros(3)
    real, fake = 2 * batch - 1, generator(z)
    head = lambda x, k: discriminator(image_turn(x, k))[:, k]
    play = lambda k: bce(head(real, k), one) + bce(head(fake.detach(), k), zero)
    loss = summed(LAMBDA_U, [play(k) for k in range(HEADS)])
    slopes = gradients(loss, discriminator)
    take(discriminator, torch.optim.Adam(discriminator.parameters(), lr=rate, **ADAM), slopes)
    fresh = generator(z)
    main = bce(head(fresh, 0), one)
    generator_loss = summed(LAMBDA_V, [bce(head(fresh, k), one) for k in range(HEADS)])
    return {"latent": latent, "rate": rate, "inputs": waves.formulas, "parameters": parameters,
            "discriminator": {"loss": number(loss), "gradients": named(slopes)},
            "generator": {"loss": number(generator_loss), "gradients": named(gradients(generator_loss, generator, retain_graph=True)), "ofMain": named(gradients(main, generator))}}


def points():
    """WGAN-GP on points: a penalty for each head, at places of its own."""
    latent, rate, penalty_weight = 3, 0.02, 0.6
    generator, critic = dense([latent, 5, 2]), dense([2, 5, 4, HEADS], first=1)
    waves = Waves()
    parameters = {"generator": fill(generator, waves, "generator"), "discriminator": fill(critic, waves, "critic")}
    batch, z = waves.make("batch", (6, 2), 1.5), waves.make("z", (6, latent), 1.3)
    places = [waves.make(f"places {k}", (6, 1), 0.4, 0.5) for k in range(HEADS)]
    fake = generator(z).detach()

    def play(k):
        real_k, fake_k = point_turn(batch, k), point_turn(fake, k)
        between = (fake_k + places[k] * (real_k - fake_k)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between)[:, k].sum(), between, create_graph=True)
        penalty = ((slope.norm(dim=1) - 1) ** 2).mean()
        return critic(fake_k)[:, k].mean() - critic(real_k)[:, k].mean() + penalty_weight * penalty

    loss = summed(LAMBDA_U, [play(k) for k in range(HEADS)])
    slopes = gradients(loss, critic)
    take(critic, torch.optim.Adam(critic.parameters(), lr=rate, **{**ADAM, "betas": (0.5, 0.9)}), slopes)
    fresh = generator(z)
    generator_loss = summed(LAMBDA_V, [-critic(point_turn(fresh, k))[:, k].mean() for k in range(HEADS)])
    return {"latent": latent, "rate": rate, "penalty": penalty_weight, "inputs": waves.formulas, "parameters": parameters,
            "critic": {"loss": number(loss), "gradients": named(slopes)},
            "generator": {"loss": number(generator_loss), "gradients": named(gradients(generator_loss, generator))}}


def js():
    """JS of two normal mixtures in the plane, in nats, and of their first coordinates; Gauss-Legendre, 16 points in each of 40 by 40 squares."""
    data = [(0.6, (1.8, 0.4), ((0.6, 0.2), (0.2, 0.3))), (0.4, (0.3, 1.5), ((0.3, -0.1), (-0.1, 0.5)))]
    made = [(0.7, (1.2, 1.0), ((0.5, 0.0), (0.0, 0.4))), (0.3, (-1.5, 0.6), ((0.4, 0.1), (0.1, 0.3)))]
    node, weight = np.polynomial.legendre.leggauss(16)
    ends = np.linspace(-10, 10, 41)
    at = np.concatenate([(a + b) / 2 + (b - a) / 2 * node for a, b in zip(ends, ends[1:])])
    along = np.concatenate([(b - a) / 2 * weight for a, b in zip(ends, ends[1:])])
    x = np.stack(np.meshgrid(at, at, indexing="ij"), -1)

    def plane(mixture):
        total = 0
        for share, mean, covariance in mixture:
            off = x - np.array(mean)
            square = np.einsum("...i,ij,...j->...", off, np.linalg.inv(np.array(covariance)), off)
            total = total + share * np.exp(-square / 2) / (2 * np.pi * np.sqrt(np.linalg.det(np.array(covariance))))
        return total

    def line(mixture):
        return sum(share * np.exp(-((at - mean[0]) ** 2) / (2 * covariance[0][0])) / np.sqrt(2 * np.pi * covariance[0][0]) for share, mean, covariance in mixture)

    def divergence(p, q, weights):
        return float(0.5 * (weights * (p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)))).sum())

    return {"plane": number(divergence(plane(data), plane(made), np.outer(along, along))), "line": number(divergence(line(data), line(made), along))}


write(__file__, {
    "heads": "head k is number k of the discriminator on what is turned k times by 90 degrees counter-clockwise; losses are that of head 0 plus lambda / 3 times the others' sum, lambdaU for the discriminator and lambdaV for the generator",
    "generator": "against the moved discriminator, on the same noise, its gradient through the turns; ofMain is the gradient of head 0's loss alone",
    "images": "images in [0, 1], shown to the players as 2 x - 1; BatchNorm in training mode in the generator; Adam (.5, .999), its first step",
    "points": "Wasserstein losses, a gradient penalty for each head at places k on the lines between turned items; Adam (.5, .9)",
}, lambdaU=LAMBDA_U, lambdaV=LAMBDA_V, images=images(), points=points(), js=js())
