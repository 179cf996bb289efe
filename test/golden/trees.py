"""Gradient boosted trees on features whose values are all distinct, from scikit-learn.

    python test/golden/trees.py        writes trees.json beside this file

Needs scikit-learn in addition to what the other scripts need.
"""
import numpy as np
import sklearn
from sklearn.ensemble import GradientBoostingClassifier

from golden import number, write

TRAIN, TEST = 900, 300
random = np.random.RandomState(1)
n = TRAIN + TEST
# scikit-learn splits float32 values.
features = np.float32(random.randn(n, 3))
noisy = features[:, 0] + 0.8 * features[:, 1] ** 2 + 0.3 * random.randn(n)
labels = np.digitize(noisy, [-0.2, 0.9, 2.0])
# Of splits that are equally good, which small nodes have, each seed takes others.
trees = [GradientBoostingClassifier(random_state=seed).fit(features[:TRAIN], labels[:TRAIN]) for seed in range(8)]
importances = np.stack([each.feature_importances_ for each in trees])
assert all(len(np.unique(column)) == n for column in features.T)

write(__file__, {
    "made with": f"numpy {np.__version__}, scikit-learn {sklearn.__version__}",
    "items": f"the first {TRAIN} to train on, the other {TEST} to predict; importances: means over 8 seeds",
},
    train=TRAIN,
    features=[number(float(v)) for v in features.ravel()],
    labels=[int(v) for v in labels],
    importances=[number(float(v)) for v in importances.mean(axis=0)],
    predicted=[int(v) for v in trees[0].predict(features[TRAIN:])],
)
