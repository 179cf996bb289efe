"""What the golden scripts share: tensors from a formula, and the JSON writer.

Run a script from anywhere with a Python that has torch (the numbers here are those of torch 2.15 on the CPU); it writes the JSON beside itself:

    python test/golden/ops.py

Inputs are a formula over the flat index in PyTorch's layout, so that a test makes them again instead of reading them. Results are float64
unless they say float32, rounded to 9 significant digits, which is exact for float32.
"""
import json
import math
import os
import sys

import torch

FORMULA = "value[i] = offset + scale * sin(a * i + b), i = 0, 1, ... the flat index in row-major order, computed in float64"

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


class Waves:
    """Hands out formula tensors, each with its own frequency and phase, and remembers their formulas."""

    def __init__(self, first=0):
        self.count = first
        self.formulas = {}

    def make(self, name, shape, scale=1.0, offset=0.0):
        k = self.count
        self.count += 1
        spec = {"shape": list(shape), "offset": offset, "scale": scale, "a": round(0.37 + 0.113 * k, 6), "b": round(0.5 + 0.71 * k, 6)}
        self.formulas[name] = spec
        return wave(spec)


def wave(spec):
    size = math.prod(spec["shape"])
    values = [spec["offset"] + spec["scale"] * math.sin(spec["a"] * i + spec["b"]) for i in range(size)]
    return torch.tensor(values, dtype=torch.float64).reshape(spec["shape"])


def number(value):
    """9 significant digits; -0 as 0."""
    return float(f"{value.item() if isinstance(value, torch.Tensor) else value:.9g}") + 0.0


def values(tensor):
    """A result: its shape and its numbers, flat."""
    return {"shape": list(tensor.shape), "values": [number(v) for v in tensor.detach().reshape(-1).tolist()]}


def write(script, notes, **content):
    """Writes SCRIPT's JSON: an object a line where it holds arrays of numbers, so that a difference can be read."""
    name = os.path.splitext(os.path.basename(script))[0]
    document = {"made": {"by": f"python test/golden/{name}.py", "torch": torch.__version__.split("+")[0]}, "formula": FORMULA, "notes": notes, **content}
    path = os.path.join(os.path.dirname(os.path.abspath(script)), f"{name}.json")
    with open(path, "w") as file:
        file.write(layout(document) + "\n")
    size = os.path.getsize(path)
    print(f"{path}: {size / 1000:.0f} kB", file=sys.stderr)
    assert size < 300_000


def layout(value, depth=0):
    flat = json.dumps(value, allow_nan=False)
    leaf = not isinstance(value, (dict, list)) or (isinstance(value, list) and not any(isinstance(v, (dict, list)) for v in value))
    tensor = isinstance(value, dict) and ("values" in value or "scale" in value)
    if leaf or tensor or len(flat) < 100:
        return flat
    pad = "  " * (depth + 1)
    if isinstance(value, dict):
        inside = [f"{pad}{json.dumps(key)}: {layout(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inside) + "\n" + "  " * depth + "}"
    return "[\n" + ",\n".join(pad + layout(item, depth + 1) for item in value) + "\n" + "  " * depth + "]"
