"""Disentanglement metrics of fixed small codes, from numpy, scipy and scikit-learn.

    python test/golden/disentanglement.py        writes disentanglement.json beside this file

Needs numpy, scipy and scikit-learn beside torch, which golden.py imports. The metrics are written out here from their definitions
(Locatello et al., arXiv 1811.12359, appendix C), on scikit-learn's learners run to convergence.
"""
import numpy as np
import scipy.stats
import sklearn
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.svm import LinearSVC

from golden import number, write

SIZES = [3, 4, 5]
TRAIN, TEST = 300, 150
random = np.random.RandomState(0)
n = TRAIN + TEST
factors = np.stack([random.randint(size, size=n) for size in SIZES], axis=1)
centred = (factors - (np.array(SIZES) - 1) / 2) / np.std(factors, axis=0)
codes = np.stack([
    centred[:, 0] + 0.3 * random.randn(n),
    0.8 * centred[:, 1] + 0.6 * centred[:, 2] + 0.2 * random.randn(n),
    0.6 * centred[:, 1] - 0.8 * centred[:, 2] + 0.2 * random.randn(n),
    random.randn(n),
    0.01 * random.randn(n),
    0.5 * centred[:, 2] ** 2 + 0.2 * random.randn(n),
], axis=1)
# On a grid: fewer than 256 distinct values, so that binned and exact trees see the same splits.
codes = np.round(codes, 2)
codes[:, :4] = np.round(codes[:, :4] * 25) / 25
train, test = slice(0, TRAIN), slice(TRAIN, n)


def flat(array):
    return {"shape": list(np.shape(array)), "values": [number(float(v)) for v in np.ravel(array)]}


def mig():
    bins = np.stack([np.digitize(c, np.histogram(c, 20)[1][:-1]) for c in codes.T])
    told = np.array([[mutual_info_score(b, v) for v in factors.T] for b in bins])
    entropy = np.array([mutual_info_score(v, v) for v in factors.T])
    ordered = np.sort(told, axis=0)[::-1]
    gaps = (ordered[0] - ordered[1]) / entropy
    return {"gaps": flat(gaps), "score": number(float(np.mean(gaps)))}


def sap():
    accuracy = np.zeros((codes.shape[1], len(SIZES)))
    for j in range(codes.shape[1]):
        for k in range(len(SIZES)):
            classifier = LinearSVC(C=0.01, class_weight="balanced", tol=1e-12, max_iter=10_000_000, random_state=0)
            classifier.fit(codes[train, j : j + 1], factors[train, k])
            accuracy[j, k] = np.mean(classifier.predict(codes[test, j : j + 1]) == factors[test, k])
    ordered = np.sort(accuracy, axis=0)[::-1]
    return {"accuracy": flat(accuracy), "score": number(float(np.mean(ordered[0] - ordered[1])))}


def dci():
    importances = np.zeros((codes.shape[1], len(SIZES)))
    accuracies = []
    for k in range(len(SIZES)):
        trees = GradientBoostingClassifier(random_state=0)
        trees.fit(codes[train], factors[train, k])
        importances[:, k] = np.abs(trees.feature_importances_)
        accuracies.append(np.mean(trees.predict(codes[test]) == factors[test, k]))
    per_code = 1 - scipy.stats.entropy(importances.T + 1e-11, base=len(SIZES))
    per_factor = 1 - scipy.stats.entropy(importances + 1e-11, base=codes.shape[1])
    return {
        "importances": flat(importances), "accuracies": flat(accuracies),
        "disentanglement": number(float(np.sum(per_code * importances.sum(axis=1) / importances.sum()))),
        "completeness": number(float(np.sum(per_factor * importances.sum(axis=0) / importances.sum()))),
        "informativeness": number(float(np.mean(accuracies))),
    }


def alike(k, item):
    return random.choice(np.flatnonzero(factors[:, k] == factors[item, k]))


def factor_vae(groups=(60, 40), size=8):
    drawn = []
    for count in groups:
        shared = random.randint(len(SIZES), size=count)
        items = np.array([[alike(k, item) for _ in range(size)] for k, item in zip(shared, random.randint(n, size=count))])
        drawn.append((shared, items))
    spread = np.var(codes, axis=0, ddof=1)
    active = np.flatnonzero(np.sqrt(spread) >= 0.05)
    def votes(items):
        return active[np.argmin(np.var(codes[items], axis=1, ddof=1)[:, active] / spread[active], axis=1)]
    table = np.zeros((len(SIZES), codes.shape[1]), int)
    np.add.at(table, (drawn[0][0], votes(drawn[0][1])), 1)
    correct = np.argmax(table, axis=0)[votes(drawn[1][1])] == drawn[1][0]
    return {
        "train": {"factors": drawn[0][0].tolist(), "items": flat(drawn[0][1])},
        "test": {"factors": drawn[1][0].tolist(), "items": flat(drawn[1][1])},
        "correct": correct.astype(int).tolist(), "active": len(active),
    }


def beta_vae(count=60, size=6):
    shared = random.randint(len(SIZES), size=count)
    first = random.randint(n, size=(count, size))
    second = np.array([[alike(k, item) for item in row] for k, row in zip(shared, first)])
    features = np.mean(np.abs(codes[first] - codes[second]), axis=1)
    classifier = LogisticRegression(C=1.0, tol=1e-12, max_iter=100_000).fit(features, shared)
    return {
        "factors": shared.tolist(), "first": flat(first), "second": flat(second), "features": flat(features),
        # The penalty leaves intercepts free to move together.
        "weights": flat(classifier.coef_), "intercepts": flat(classifier.intercept_ - np.mean(classifier.intercept_)),
        "predicted": classifier.predict(features).tolist(),
    }


write(__file__, {
    "made with": f"numpy {np.__version__}, scikit-learn {sklearn.__version__}",
    "items": f"the first {TRAIN} to train on, the other {TEST} to test on; MIG over all",
    "sap": "accuracy [code, factor]; LinearSVC(C=0.01, class_weight=balanced)",
    "dci": "importances [code, factor]; GradientBoostingClassifier of its defaults",
    "factorVae": "votes among the given groups [g, size]; variances over all items; standard deviation below 0.05 pruned",
    "betaVae": "LogisticRegression(C=1) on mean |first - second| of the given pairs [g, size], predicted on the same",
}, codes=flat(codes), factors=flat(factors), sizes=SIZES, mig=mig(), sap=sap(), dci=dci(), factorVae=factor_vae(), betaVae=beta_vae())
