"""Whole training steps of adversarial models from PyTorch in float64: WGAN-GP on images, WGAN, unrolled GAN and VEEGAN on points.

    python test/golden/games.py        writes games.json beside this file

tanh throughout, so that no value sits on a kink.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

from golden import Waves, number, write
from players import ToImage, ToVector, dense, fill, gradients, named, state, take

bce = F.binary_cross_entropy_with_logits


def wgan_gp():
    """One critic step with the penalty, then the generator against the moved critic on the same noise."""
    latent, penalty_weight = 5, 10
    generator = nn.Sequential(
        nn.Linear(latent, 16, bias=False), ToImage(2, 2, 4), nn.BatchNorm2d(4), nn.Tanh(), nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False),
        nn.BatchNorm2d(3), nn.Tanh(), nn.ConvTranspose2d(3, 2, 4, 2, 1), nn.Tanh())
    critic = nn.Sequential(
        nn.Conv2d(2, 3, 4, 2, 1), nn.Tanh(), nn.Conv2d(3, 4, 4, 2, 1), nn.GroupNorm(1, 4), nn.Tanh(), ToVector(), nn.Linear(16, 1))
    waves = Waves()
    parameters = {"generator": fill(generator, waves, "generator"), "discriminator": fill(critic, waves, "critic")}
    batch, z = waves.make("batch", (3, 2, 8, 8), 0.4, 0.5), waves.make("z", (3, latent), 1.3)
    places = waves.make("places", (3, 1, 1, 1), 0.4, 0.5)
    adam = {"lr": 2e-3, "betas": (0.5, 0.9), "eps": 1e-8, "foreach": False}
    real = 2 * batch - 1
    fake = generator(z).detach()
    between = (fake + places * (real - fake)).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    loss = critic(fake).mean() - critic(real).mean() + penalty_weight * penalty
    slopes = gradients(loss, critic)
    take(critic, torch.optim.Adam(critic.parameters(), **adam), slopes)
    generator_loss = -critic(generator(z)).mean()
    return {"latent": latent, "penalty": penalty_weight, "rate": adam["lr"], "inputs": waves.formulas, "parameters": parameters,
            "critic": {"loss": number(loss), "penalty": number(penalty), "gradients": named(slopes), "updated": state(critic)},
            "generator": {"loss": number(generator_loss), "gradients": named(gradients(generator_loss, generator))}}


def wgan():
    """Three steps of two critic turns and one generator turn each; RMSprop, the critic clipped after each of its turns."""
    latent, clip, rates = 3, 0.25, [0.02, 0.015, 0.01]
    generator, critic = dense([latent, 5, 2]), dense([2, 5, 4, 1], first=1)
    waves = Waves()
    parameters = {"generator": fill(generator, waves, "generator"), "discriminator": fill(critic, waves, "critic")}
    batches = [[waves.make(f"batch {step} {turn}", (6, 2), 1.5) for turn in range(2)] for step in range(3)]
    zs = [[waves.make(f"z {step} {turn}", (6, latent), 1.3) for turn in range(2)] for step in range(3)]
    optimizers = [torch.optim.RMSprop(net.parameters(), lr=1, alpha=0.99, eps=1e-8, foreach=False) for net in (critic, generator)]
    losses = []
    for rate, batch, z in zip(rates, batches, zs):
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = rate
        for real, noise in zip(batch, z):
            loss = critic(generator(noise).detach()).mean() - critic(real).mean()
            take(critic, optimizers[0], gradients(loss, critic))
            with torch.no_grad():
                for param in critic.parameters():
                    param.clamp_(-clip, clip)
        generator_loss = -critic(generator(z[0])).mean()
        take(generator, optimizers[1], gradients(generator_loss, generator))
        losses.append({"critic": number(loss), "generator": number(generator_loss)})
    return {"latent": latent, "clip": clip, "rates": rates, "inputs": waves.formulas, "parameters": parameters, "losses": losses,
            "after": {"generator": state(generator), "discriminator": state(critic)}}


def adam_step(params, slopes, m, v, count, rate, betas):
    """Adam as plain arithmetic, so that a gradient goes through it. `count` updates were made before."""
    t, (beta1, beta2) = count + 1, betas
    m = {key: beta1 * m[key] + (1 - beta1) * slopes[key] for key in params}
    v = {key: beta2 * v[key] + (1 - beta2) * slopes[key] ** 2 for key in params}
    moved = {key: params[key] - rate(count) * (m[key] / (1 - beta1 ** t)) / ((v[key] / (1 - beta2 ** t)).sqrt() + 1e-8) for key in params}
    return moved, m, v


def unrolled():
    """A generator step through K discriminator steps whose Adam goes on from live moments, then one real discriminator step."""
    latent, ahead, done, betas = 3, 3, 7, (0.5, 0.999)
    rate = lambda count: 0.02 - 0.0002 * count
    generator, discriminator = dense([latent, 4, 2]), dense([2, 4, 3, 1], first=1)
    waves = Waves()
    parameters = {"generator": fill(generator, waves, "generator"), "discriminator": fill(discriminator, waves, "discriminator")}
    batch, z = waves.make("batch", (6, 2), 1.5), waves.make("z", (6, latent), 1.3)
    moments = {}
    live = {}
    for name, net in (("generator", generator), ("discriminator", discriminator)):
        own = Waves(first=waves.count)
        waves.count += 40
        live[name] = ({key: own.make(f"m.{key}", param.shape, 0.05) for key, param in net.named_parameters()},
                      {key: own.make(f"v.{key}", param.shape, 0.006, 0.01) for key, param in net.named_parameters()})
        moments[name] = own.formulas
    one, zero = torch.ones(6, 1), torch.zeros(6, 1)

    def play(params, real, fake):
        return bce(functional_call(discriminator, params, real), one) + bce(functional_call(discriminator, params, fake), zero)

    runs = []
    for objective in ("minimax", "non-saturating"):
        for second_order in ("on", "off"):
            fake = generator(z)
            seen = fake if second_order == "on" else fake.detach()
            params, (m, v) = dict(discriminator.named_parameters()), live["discriminator"]
            for k in range(ahead):
                slopes = dict(zip(params, torch.autograd.grad(play(params, batch, seen), list(params.values()), create_graph=True)))
                params, m, v = adam_step(params, slopes, m, v, done + k, rate, betas)
            # Minimax: the whole value that the discriminator raises, as its answer changes what it makes of real items.
            loss = -play(params, batch, fake) if objective == "minimax" else bce(functional_call(discriminator, params, fake), one)
            slopes = gradients(loss, generator)
            moved, _, _ = adam_step(dict(generator.named_parameters()), slopes, *live["generator"], done, rate, betas)
            now = dict(discriminator.named_parameters())
            real_loss = play(now, batch, functional_call(generator, moved, z).detach())
            after, _, _ = adam_step(now, gradients(real_loss, discriminator), *live["discriminator"], done, rate, betas)
            runs.append({"loss": objective, "secondOrder": second_order, "generator": {"loss": number(loss), "gradients": named(slopes)},
                         "discriminator": {"loss": number(real_loss), "updated": named(after)}})
    return {"latent": latent, "unroll": ahead, "done": done, "betas": list(betas), "rate": {"first": 0.02, "fall": 0.0002}, "inputs": waves.formulas,
            "parameters": parameters, "moments": moments, "runs": runs}


def veegan():
    """The discriminator of pairs moves, then generator and reconstructor against the moved one on the same noise."""
    latent, adam = 3, {"lr": 0.02, "betas": (0.5, 0.999), "eps": 1e-8, "foreach": False}
    generator, reconstructor, discriminator = dense([latent, 4, 5, 2]), dense([2, 5, 4, latent], first=1), dense([latent + 2, 5, 4, 1], first=1)
    waves = Waves()
    parameters = {"generator": fill(generator, waves, "generator"), "reconstructor": fill(reconstructor, waves, "reconstructor"),
                  "discriminator": fill(discriminator, waves, "discriminator")}
    batch, z = waves.make("batch", (6, 2), 1.5), waves.make("z", (6, latent), 1.3)
    one, zero = torch.ones(6, 1), torch.zeros(6, 1)
    judge = lambda code, item: discriminator(torch.cat([code, item], 1))
    loss = bce(judge(z, generator(z).detach()), one) + bce(judge(reconstructor(batch).detach(), batch), zero)
    slopes = gradients(loss, discriminator)
    take(discriminator, torch.optim.Adam(discriminator.parameters(), **adam), slopes)
    made = generator(z)
    distance = ((z - reconstructor(made)) ** 2).sum(1).mean()
    generator_loss = judge(z, made).mean() + distance
    reconstructor_loss = distance - judge(reconstructor(batch), batch).mean()
    return {"latent": latent, "rate": adam["lr"], "inputs": waves.formulas, "parameters": parameters,
            "discriminator": {"loss": number(loss), "gradients": named(slopes), "updated": state(discriminator)},
            "generator": {"loss": number(generator_loss - judge(reconstructor(batch), batch).mean()), "distance": number(distance),
                          "gradients": {"generator": named(gradients(generator_loss, generator, retain_graph=True)),
                                        "reconstructor": named(gradients(reconstructor_loss, reconstructor))}}}


write(__file__, {
    "wganGp": "images in [0, 1], shown to the players as 2 x - 1; GroupNorm(1, c) in the critic, BatchNorm in training mode in the generator; places are where on the line from fake to real the penalty is taken; Adam (.5, .9), its first step",
    "wgan": "loss of the critic: that of the step's last turn, before its move; the generator meets the first turn's noise",
    "unrolled": "m and v are PyTorch's exp_avg and exp_avg_sq after `done` steps; rate(count) = first - fall * count; each inner step on the same batch and noise; secondOrder off: the inner steps see the fakes as constants",
    "veegan": "generated pairs (z, G(z)) are the discriminator's ones; G: mean D(z, G z) + mean over items of |z - F(G z)|^2; F: the same distance - mean D(F x, x); the generator step's loss is the sum of all three terms",
}, wganGp=wgan_gp(), wgan=wgan(), unrolled=unrolled(), veegan=veegan())
