"""Distances between distributions from POT, scipy, scikit-learn and numpy.

    python test/golden/distances.py        writes distances.json beside this file

Needs POT, scipy and scikit-learn beside torch, which golden.py imports. The neighbour estimators and the discrepancy are written out from
their definitions on scipy's trees and numpy; in one dimension the Jensen-Shannon estimate is scikit-learn's own.
"""
import numpy as np
import ot
import scipy
import scipy.linalg
import scipy.stats
import sklearn
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.special import digamma
from sklearn.feature_selection._mutual_info import _compute_mi_cd

from golden import number, write

random = np.random.RandomState(0)
n, m, d = 40, 30, 3
# No two distances between points are equal: what counts as a neighbour then would be a matter of taste.
x = np.round(random.randn(n, d), 6)
y = np.round(1.3 * random.randn(m, d) + 0.5, 6)
a = np.round(random.rand(n) + 0.1, 2)
b = np.round(random.rand(m) + 0.1, 2)


def flat(array):
    return {"shape": list(np.shape(array)), "values": [number(float(v)) for v in np.ravel(array)]}


def sinkhorn(left, right, costs, epsilon):
    """The plan, and what it minimises: its cost and epsilon times its divergence from the product of the weights."""
    plan = ot.sinkhorn(left, right, costs, epsilon, method="sinkhorn_log", numItermax=200_000, stopThr=1e-13)
    kl = np.sum(plan * np.log(plan / np.outer(left, right)))
    return plan, float(np.sum(plan * costs) + epsilon * kl)


def transport():
    """The exact cost, and plan and duals of regularised transport at falling strengths, for the squared distance."""
    costs = cdist(x, y, "sqeuclidean")
    left, right = a / a.sum(), b / b.sum()
    stages = []
    for epsilon in [5.0, 1.0, 0.2, 0.05]:
        plan, regularised = sinkhorn(left, right, costs, epsilon)
        stages.append({
            "epsilon": epsilon,
            "cost": number(float(np.sum(plan * costs))),
            "regularised": number(regularised),
            "row": flat(plan[0]),
        })
    own = [sinkhorn(weights, weights, cdist(side, side, "sqeuclidean"), 1.0)[1] for side, weights in [(x, left), (y, right)]]
    return {
        "exact": {name: number(float(ot.emd2(left, right, cdist(x, y, metric)))) for name, metric in
                  [("euclidean", "euclidean"), ("squared", "sqeuclidean"), ("manhattan", "cityblock")]},
        "regularised": stages,
        "divergence": number(sinkhorn(left, right, costs, 1.0)[1] - sum(own) / 2),
        "line": number(float(scipy.stats.wasserstein_distance(x[:, 0], y[:, 0], a, b))),
        "lineEqual": number(float(scipy.stats.wasserstein_distance(x[:, 0], y[:, 0]))),
    }


def neighbours(k):
    own = cKDTree(x).query(x, k + 1)[0][:, k]
    other = cKDTree(y).query(x, k)[0].reshape(n, k)[:, k - 1]
    kl = d * np.mean(np.log(other / own)) + np.log(m / (n - 1))
    pair = np.concatenate([x[:m], y])
    terms = []
    for side in [x[:m], y]:
        for point in side:
            radius = np.sort(np.linalg.norm(side - point, axis=1))[k]
            within = np.sum(np.linalg.norm(pair - point, axis=1) <= radius) - 1
            terms.append(digamma(k) - digamma(within))
    js = digamma(2 * m) - digamma(m) + np.mean(terms)
    labels = np.repeat([0, 1], m)
    line = _compute_mi_cd(np.concatenate([x[:m, 0], y[:, 0]]), labels, k)
    return {"k": k, "kl": number(float(kl)), "js": number(float(js)), "jsLine": number(float(line))}


def discrepancy(bandwidths):
    kernel = lambda p, q: sum(np.exp(-cdist(p, q, "sqeuclidean") / (2 * s * s)) for s in bandwidths)
    kxx, kyy, kxy = kernel(x, x), kernel(y, y), kernel(x, y)

    def estimate(rows, columns):
        p, q, r = kxx[np.ix_(rows, rows)], kyy[np.ix_(columns, columns)], kxy[np.ix_(rows, columns)]
        u, v = len(rows), len(columns)
        return (p.sum() - np.trace(p)) / (u * (u - 1)) + (q.sum() - np.trace(q)) / (v * (v - 1)) - 2 * r.mean()

    rows, columns = np.arange(n), np.arange(m)
    left = [estimate(np.delete(rows, i), columns) for i in rows]
    right = [estimate(rows, np.delete(columns, j)) for j in columns]
    variance = (n - 1) * np.var(left) + (m - 1) * np.var(right)
    return {"bandwidths": bandwidths, "squared": number(float(estimate(rows, columns))), "stderr": number(float(np.sqrt(variance)))}


def normals(m1, s1, m2, s2):
    """Divergences of two normal distributions on the line, by adaptive quadrature of their definitions."""
    p, q = scipy.stats.norm(m1, s1), scipy.stats.norm(m2, s2)
    points = sorted({m1, m2, *(m + t * s for m, s in [(m1, s1), (m2, s2)] for t in [-6, -3, -1, 1, 3, 6])})
    ends = [min(m1 - 37 * s1, m2 - 37 * s2), *points, max(m1 + 37 * s1, m2 + 37 * s2)]

    def whole(f):
        return sum(quad(f, low, high, epsabs=1e-15, epsrel=1e-13, limit=500)[0] for low, high in zip(ends, ends[1:]))

    def term(one, other):
        mixture = lambda t: np.logaddexp(one.logpdf(t), other.logpdf(t)) - np.log(2)
        return whole(lambda t: one.pdf(t) * (one.logpdf(t) - mixture(t)))

    kl = whole(lambda t: p.pdf(t) * (p.logpdf(t) - q.logpdf(t)))
    w1 = whole(lambda t: abs(p.cdf(t) - q.cdf(t)))
    return {"p": [m1, s1], "q": [m2, s2], "kl": number(float(kl)), "js": number(float((term(p, q) + term(q, p)) / 2)), "w1": number(float(w1))}


def gaussians():
    """Closed forms in three dimensions from scipy's matrix functions, of covariances in full."""
    factor = [np.round(random.randn(3, 3), 3) for _ in range(2)]
    (m1, c1), (m2, c2) = [(np.round(random.randn(3), 3), np.round(f @ f.T, 6)) for f in factor]
    inverse = np.linalg.inv(c2)
    kl = (np.trace(inverse @ c1) + (m1 - m2) @ inverse @ (m1 - m2) - 3 + np.linalg.slogdet(c2)[1] - np.linalg.slogdet(c1)[1]) / 2
    root = scipy.linalg.sqrtm(c1)
    w2 = np.sqrt(np.sum((m1 - m2) ** 2) + np.trace(c1 + c2 - 2 * scipy.linalg.sqrtm(root @ c2 @ root)).real)
    return {"p": {"mean": flat(m1), "covariance": flat(c1)}, "q": {"mean": flat(m2), "covariance": flat(c2)}, "kl": number(float(kl)), "w2": number(float(w2))}


write(
    __file__,
    f"POT {ot.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}; x and y are weighed by a and b where the transport has weights",
    x=flat(x), y=flat(y), a=flat(a), b=flat(b),
    transport=transport(),
    neighbours=[neighbours(k) for k in [1, 3, 5]],
    discrepancy=[discrepancy(s) for s in [[1.0], [0.5, 2.0, 8.0]]],
    normals=[normals(*each) for each in [(0, 1, 0.5, 1), (0, 1, 3, 1), (0, 1, 8, 1), (-1, 0.5, 2, 3), (0, 1, 0.2, 0.05)]],
    gaussians=[gaussians() for _ in range(3)],
)
