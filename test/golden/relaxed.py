"""Densities of relaxed categorical draws and the Monte-Carlo divergence made of them, from torch.distributions in float64.

    python test/golden/relaxed.py        writes relaxed.json beside this file

A draw is y = softmax((logits + g) / temperature), g = -log(-log(uniform)). Of each case: the log density of y on the simplex
(RelaxedOneHotCategorical) and of log y (ExpRelaxedCategorical) under these logits; "kl", log q(log y) - log p(log y) with p of
equal logits at the same temperature; gradients of sum(cotangent * value) with respect to the logits, for the densities with y
held fixed and for "kl" through the draw too. Where the draw's smallest entry is no normal float64, the first density is left out.
"""
import torch
from torch.distributions.relaxed_categorical import ExpRelaxedCategorical, RelaxedOneHotCategorical

from golden import Waves, values, write

cases = []


def case(name, shape, temperature, scale=1.5):
    waves = Waves(first=len(cases))
    logits = waves.make("logits", shape, scale).requires_grad_()
    uniform = waves.make("uniform", shape, 0.49, 0.5)
    cotangent = waves.make("cotangent", shape[:-1])
    t = torch.tensor(temperature)
    log_y = torch.log_softmax((logits - torch.log(-torch.log(uniform))) / t, -1)
    fixed = log_y.detach()
    q = ExpRelaxedCategorical(t, logits=logits)
    p = ExpRelaxedCategorical(t, logits=torch.zeros(shape[-1]))
    outputs = {"logDensity": q.log_prob(fixed), "kl": q.log_prob(log_y) - p.log_prob(log_y)}
    if fixed.min() > -600:
        outputs["density"] = RelaxedOneHotCategorical(t, logits=logits).log_prob(fixed.exp())
    gradients = {key: torch.autograd.grad((value * cotangent).sum(), logits, retain_graph=True)[0] for key, value in outputs.items()}
    cases.append({
        "name": name, "temperature": temperature, "inputs": waves.formulas,
        "outputs": {key: values(value) for key, value in outputs.items()},
        "gradients": {key: values(value) for key, value in gradients.items()},
    })


case("warm", (3, 4), 2.0)
case("at 1", (2, 3, 10), 1.0)
case("two categories", (5, 2), 2 / 3)
case("cool", (4, 10), 0.1)
case("cold: entries below 1e-300", (4, 5), 0.005, 3.0)

write(__file__, "logDensity is of log y, density of y", cases=cases)
