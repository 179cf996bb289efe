"""Whole training steps of CycleGAN and of pix2pix from PyTorch in float64.

    python test/golden/translation.py        writes translation.json beside this file

Layers are named by their places, as ours are. Images in the batches are [0, 1] outside and [-1, 1] to the nets. CycleGAN's generators make one
step together, then each discriminator one, on what the generators made before they moved.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from golden import Waves, number, values, write
from players import fill, state

# Constants of our graphs are float32; slopes are not.
EPSILON = torch.tensor(1e-5, dtype=torch.float32).item()
sizes = {"matrix": 1.2, "vector": 0.2}


def slopes(net):
    return {key: values(value.grad) for key, value in net.named_parameters()}


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def residual_generator(colours, width):
    conv = lambda i, o, k, **how: nn.Conv2d(i, o, k, bias=False, **how)
    up = lambda i, o: nn.ConvTranspose2d(i, o, 3, 2, 1, output_padding=1, bias=False)
    unit = lambda size: [nn.InstanceNorm2d(size, EPSILON), nn.ReLU()]
    inner = 4 * width
    block = Residual(nn.ReflectionPad2d(1), conv(inner, inner, 3), *unit(inner), nn.ReflectionPad2d(1), conv(inner, inner, 3), nn.InstanceNorm2d(inner, EPSILON))
    return nn.Sequential(
        nn.ReflectionPad2d(3), conv(colours, width, 7), *unit(width),
        conv(width, 2 * width, 3, stride=2, padding=1), *unit(2 * width),
        conv(2 * width, inner, 3, stride=2, padding=1), *unit(inner),
        block,
        up(inner, 2 * width), *unit(2 * width), up(2 * width, width), *unit(width),
        nn.ReflectionPad2d(3), nn.Conv2d(width, colours, 7), nn.Tanh())


def patch_discriminator(colours, width, norm, heads=1):
    """One halving: each score is of 16 x 16 pixels."""
    return nn.Sequential(
        nn.Conv2d(colours, width, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 1, 1, bias=False), norm(2 * width, EPSILON), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, heads, 4, 1, 1))


LAMBDA_U, LAMBDA_V = 0.3, 0.7


def cyclegan(heads=1, count=2, kept=("AtoB", "BtoA", "discriminatorA", "discriminatorB")):
    """With several heads, head k judges images turned k times by 90 degrees counter-clockwise (DAG), what is kept are gradients alone."""
    colours, width, rate, weight, identity = 2, 2, 1e-3, 10.0, 0.5
    # Phases with which no input of a rectifier and no absolute error lies within 9e-6 of its kink: float32 takes none to the other side.
    waves = Waves(123)
    nets = {
        "AtoB": residual_generator(colours, width), "BtoA": residual_generator(colours, width),
        "discriminatorA": patch_discriminator(colours, width, nn.InstanceNorm2d, heads),
        "discriminatorB": patch_discriminator(colours, width, nn.InstanceNorm2d, heads)}
    by_head = lambda judge, images: [judge(torch.rot90(images, k, [2, 3]))[:, k : k + 1] for k in range(heads)]
    summed = lambda share, losses: losses[0] + sum(share / (heads - 1) * loss for loss in losses[1:])
    formulas = {name: fill(net, waves, name, **sizes) for name, net in nets.items()}
    there, back, judge_a, judge_b = nets.values()
    adam = lambda *modules: torch.optim.Adam([p for m in modules for p in m.parameters()], lr=rate, betas=(0.5, 0.999))
    moves = {"generators": adam(there, back), "A": adam(judge_a), "B": adam(judge_b)}
    steps, first = [], {}
    for step in range(count):
        pair = {side: waves.make(f"{side}{step}", (2, colours, 32, 32), 0.5, 0.5) for side in "ab"}
        a, b = 2 * pair["a"] - 1, 2 * pair["b"] - 1
        made_b, made_a = there(a), back(b)
        real = lambda scores: ((scores - 1) ** 2).mean()
        fooled = lambda judge, made: summed(LAMBDA_V, [real(scores) for scores in by_head(judge, made)])
        adversarial = fooled(judge_b, made_b) + fooled(judge_a, made_a)
        cycle = F.l1_loss(back(made_b), a) + F.l1_loss(there(made_a), b)
        same = F.l1_loss(back(a), a) + F.l1_loss(there(b), b)
        loss = adversarial + weight * cycle + weight * identity * same
        moves["generators"].zero_grad()
        loss.backward()
        if step == 0:
            first = {"AtoB": slopes(there), "BtoA": slopes(back)}
        moves["generators"].step()
        judged = {}
        for side, judge, images, made in (("A", judge_a, a, made_a), ("B", judge_b, b, made_b)):
            moves[side].zero_grad()
            pairs = zip(by_head(judge, images), by_head(judge, made.detach()))
            judged[side] = summed(LAMBDA_U, [0.5 * (real(right) + (wrong**2).mean()) for right, wrong in pairs])
            judged[side].backward()
            if step == 0:
                first[f"discriminator{side}"] = slopes(judge)
            moves[side].step()
        steps.append({"generators": number(loss), "discriminatorA": number(judged["A"]), "discriminatorB": number(judged["B"])})
    options = {"ngf": width, "blocks": 1, "lambda": weight, "identity": identity}
    if heads > 1:
        options |= {"augment": "dag", "transforms": "rotation", "lambdaU": LAMBDA_U, "lambdaV": LAMBDA_V}
    after = {name: state(nets[name]) for name in ("AtoB", "discriminatorB") if heads == 1}
    return {
        "options": options, "rate": rate, "inputs": waves.formulas, "parameters": formulas, "losses": steps,
        "gradients": {name: first[name] for name in kept}, "after": after}


class Dropped(nn.Module):
    """Half of the numbers, by given draws."""

    def forward(self, x):
        return x * (self.draws >= 0.5) * 2


class Nested(nn.Module):
    def __init__(self, down, within, up, skips=True):
        super().__init__()
        self.down, self.up, self.skips = down, up, skips
        self.within = within if within is not None else nn.Identity()

    def forward(self, x):
        out = self.up(self.within(self.down(x)))
        return torch.cat([x, out], 1) if self.skips else out


def u_net(colours, width, depth):
    sizes = [width * min(2**i, 8) for i in range(depth)]
    within, drops = None, []
    for place in range(depth - 1, 0, -1):
        size, outer = sizes[place], sizes[place - 1]
        last = place == depth - 1
        down = [nn.LeakyReLU(0.2), nn.Conv2d(outer, size, 4, 2, 1, bias=last)] + ([] if last else [nn.BatchNorm2d(size, EPSILON)])
        drops.append(Dropped())
        up = [nn.ReLU(), nn.ConvTranspose2d(size if last else 2 * size, outer, 4, 2, 1, bias=False), nn.BatchNorm2d(outer, EPSILON), drops[-1]]
        within = Nested(nn.Sequential(*down), within, nn.Sequential(*up))
    outermost = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * width, colours, 4, 2, 1), nn.Tanh())
    return Nested(nn.Sequential(nn.Conv2d(colours, width, 4, 2, 1)), within, outermost, skips=False), drops


def pix2pix():
    colours, width, rate, weight = 1, 2, 1e-3, 100.0
    waves = Waves(100)
    generator, drops = u_net(colours, width, 4)
    judge = patch_discriminator(2 * colours, width, nn.BatchNorm2d)
    formulas = {"AtoB": fill(generator, waves, "AtoB", **sizes), "discriminator": fill(judge, waves, "discriminator", **sizes)}
    adam = lambda net: torch.optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.999))
    moves = {"generator": adam(generator), "discriminator": adam(judge)}
    a, b = (2 * waves.make(side, (4, colours, 16, 16), 0.5, 0.5) - 1 for side in "ab")
    # From the innermost level outwards; draws in the layout of ours, [n, h, w, c].
    for level, (drop, size, side) in enumerate(zip(drops, (8 * width // 2, 2 * width, width), (2, 4, 8))):
        drop.draws = waves.make(f"draws{level}", (4, side, side, size), 0.5, 0.5).permute(0, 3, 1, 2)
    bce = F.binary_cross_entropy_with_logits
    against = lambda scores, value: bce(scores, torch.full_like(scores, value))
    over = lambda image: torch.cat([a, image], 1)
    made = generator(a)
    judged = 0.5 * (against(judge(over(b)), 1.0) + against(judge(over(made.detach())), 0.0))
    moves["discriminator"].zero_grad()
    judged.backward()
    judge_slopes = slopes(judge)
    moves["discriminator"].step()
    distance = F.l1_loss(made, b)
    loss = against(judge(over(made)), 1.0) + weight * distance
    moves["generator"].zero_grad()
    loss.backward()
    first = {"AtoB": slopes(generator), "discriminator": judge_slopes}
    moves["generator"].step()
    return {
        "options": {"ngf": width, "lambda": weight}, "rate": rate, "inputs": waves.formulas, "parameters": formulas,
        "losses": {"discriminator": number(judged), "generator": number(loss), "distance": number(distance)}, "gradients": first,
        "after": {"discriminator": state(judge)}}


write(__file__, "Adam with betas 0.5 and 0.999. Gradients are those of the first step, parameters those after all.", cyclegan=cyclegan(),
      dag=cyclegan(heads=4, count=1, kept=("AtoB", "discriminatorA")), pix2pix=pix2pix())
