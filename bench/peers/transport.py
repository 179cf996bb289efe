"""The peers of exact transport: POT's network simplex, and scipy's assignment where both sides are as many points of equal weight.

    python bench/peers/transport.py pot|scipy emd|emd-weighted

The line protocol is in README.md beside this file. A step is the matrix of Euclidean costs and the exact plan; its loss is the cost. Both
run on one thread, as zaya does: numThreads of ot.emd is ignored since 0.9.7.
"""
import sys
import time

from peer import ms_since_process_start, peak_mb, say

SIZES = {"emd": (2000, 2000, False), "emd-weighted": (2000, 1500, True)}
PROBLEMS = 3


library, name = sys.argv[1:3]
try:
    import numpy as np
    import scipy
    from scipy.spatial.distance import cdist

    if library == "pot":
        import ot
except ImportError:
    say(missing="pip install POT scipy")
    sys.exit(0)


def uniform(state):
    """The generator of workloads/emd-problems.js."""
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state / 2**32


def problem(seed):
    n, m, weighted = SIZES[name]
    numbers = uniform(seed)
    take = lambda count: np.array([next(numbers) for _ in range(count)])
    x, y = take(2 * n).reshape(n, 2), take(2 * m).reshape(m, 2)
    a, b = (take(n), take(m)) if weighted else (np.ones(n), np.ones(m))
    return x, y, a / a.sum(), b / b.sum()


def pot(x, y, a, b):
    costs = ot.dist(x, y, metric="euclidean")
    return float(np.sum(ot.emd(a, b, costs, numItermax=100_000_000) * costs))


def assignment(x, y, a, b):
    costs = cdist(x, y)
    rows, columns = scipy.optimize.linear_sum_assignment(costs)
    return float(costs[rows, columns].mean())


if library == "scipy":
    import scipy.optimize

solve, version = {"pot": (pot, None), "scipy": (assignment, scipy.__version__)}[library]
problems = [problem(seed + 1) for seed in range(PROBLEMS)]
count = 0


def step():
    global count
    cost = solve(*problems[count % PROBLEMS])
    count += 1
    return cost


step()
first_step = ms_since_process_start()
step()
say(ready=True, name=library, version=version or ot.__version__, startMs=round(first_step, 1), threads=1)
for line in sys.stdin:
    order = line.strip()
    if order == "quit":
        break
    times, cost = [], None
    for _ in range(int(order)):
        begin = time.perf_counter()
        cost = step()
        times.append(round(1e3 * (time.perf_counter() - begin), 4))
    say(ms=times, loss=cost)
say(peakMb=round(peak_mb(), 1))
