"""Players of games in PyTorch, as the golden scripts build, fill and move them.

Layers are named by their places, as ours are. Where an image becomes a vector its order is row, column, channel.
"""
import math

import torch
import torch.nn as nn

from golden import values


class ToImage(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.view(-1, *self.shape).permute(0, 3, 1, 2)


class ToVector(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def dense(sizes, first=0):
    """Linear layers with tanh between them; a discriminator's are behind a flattening layer."""
    layers = [nn.Identity()] * first
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(inputs, outputs)] if i == 0 else [nn.Tanh(), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


def fill(net, waves, name, matrix=1.6, vector=0.3):
    """Parameters by formula, matrices and vectors of these sizes; returns the formulas."""
    formulas = {}
    with torch.no_grad():
        for key, param in net.named_parameters():
            norm = param.dim() == 1 and key.endswith("weight")
            scale = round(matrix / math.sqrt(param[0].numel()), 3) if param.dim() > 1 else vector
            param.copy_(waves.make(f"{name}.{key}", param.shape, scale, 1.0 if norm else 0.0))
            formulas[key] = waves.formulas.pop(f"{name}.{key}")
    return formulas


def gradients(loss, net, **how):
    names = dict(net.named_parameters())
    return dict(zip(names, torch.autograd.grad(loss, list(names.values()), **how)))


def take(net, optimizer, slopes):
    for key, param in net.named_parameters():
        param.grad = slopes[key].detach()
    optimizer.step()


def named(tensors):
    return {key: values(value) for key, value in tensors.items()}


def state(net):
    return named(dict(net.named_parameters()))
