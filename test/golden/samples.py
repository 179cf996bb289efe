"""Metrics of sets of samples on fixed features, from numpy and scipy; images at other sizes, from PyTorch.

    python test/golden/samples.py        writes samples.json beside this file

Needs numpy and scipy beside torch. The metrics are written out here from their definitions: FID with scipy's matrix square root or singular values,
KID and precision, recall, density, coverage with whole matrices of kernels and distances.
"""
import numpy as np
import scipy
import scipy.linalg
import torch

from golden import Waves, number, wave, write

random = np.random.RandomState(0)
D, N, M, K = 6, 90, 75, 5


def flat(array):
    return {"shape": list(np.shape(array)), "values": [number(float(v)) for v in np.ravel(array)]}


def features(n, shift):
    mix = random.randn(D, D)
    return np.round(random.randn(n, D) @ mix * 0.5 + shift, 4)


generated = features(N, 0.2)
reference = features(M, 0.0)
# Some items twice in both, and a copy of a real item among the samples.
generated[1] = generated[0]
reference[1] = reference[0]
generated[2] = reference[5]


def fid(x, y, root):
    mean = np.sum((x.mean(0) - y.mean(0)) ** 2)
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    return number(float(mean + np.trace(a + b) - 2 * root(a, b)))


def by_square_root(a, b):
    return np.trace(np.real(scipy.linalg.sqrtm(a @ b)))


def by_singular_values(a, b):
    half = lambda c: (lambda s, u: u * np.sqrt(np.maximum(s, 0)) @ u.T)(*np.linalg.eigh(c))
    return np.linalg.svd(half(a) @ half(b), compute_uv=False).sum()


def kid(x, y):
    kernel = lambda a, b: (a @ b.T / x.shape[1] + 1) ** 3
    n, m = len(x), len(y)
    within = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
    return number(float(within(kernel(x, x)) + within(kernel(y, y)) - 2 * kernel(x, y).mean()))


def prdc(real, fake):
    distances = lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    radius = lambda a: np.sort(distances(a, a), axis=1)[:, K]
    r, f, across = radius(real), radius(fake), distances(real, fake)
    inside = across < r[:, None]
    return {
        "precision": number(float(inside.any(0).mean())),
        "recall": number(float((across < f[None]).any(1).mean())),
        "density": number(float(inside.sum() / (K * len(fake)))),
        "coverage": number(float((across.min(1) < r).mean())),
        "realBalls": inside.sum(0).tolist(),
        "drawnBalls": (across < f[None]).sum(1).tolist(),
    }


def resized():
    waves = Waves()
    images = waves.make("images", [2, 3, 7, 10])
    sizes = [[7, 10], [14, 25], [3, 4], [5, 21], [1, 1]]
    results = [
        {"size": size, "result": flat(torch.nn.functional.interpolate(images, size=size, mode="bilinear", align_corners=False, antialias=True))}
        for size in sizes
    ]
    return {"formulas": waves.formulas, "results": results}


deficient = lambda x: np.concatenate([x, x[:, :2], np.zeros((len(x), 1))], axis=1)
write(__file__, {
    "made with": f"numpy {np.__version__}, scipy {scipy.__version__}",
    "fid": "unbiased covariances, scipy.linalg.sqrtm; fidDeficient: of [x, the first two features again, a feature that is 0], by the singular values of both roots' product, as sqrtm does not take singular matrices",
    "kid": "kernel (x.y / d + 1)^3, without the diagonal within a set, with it between the sets",
    "prdc": f"k = {K}, balls without their edge",
    "resized": "torch.nn.functional.interpolate(mode=bilinear, align_corners=False, antialias=True); images [n, c, h, w]",
}, generated=flat(generated), reference=flat(reference), fid=fid(generated, reference, by_square_root),
   fidDeficient=fid(deficient(generated), deficient(reference), by_singular_values), kid=kid(generated, reference), prdc=prdc(reference, generated), resized=resized())
