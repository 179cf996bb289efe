"""Structural similarity and peak signal-to-noise ratio of image pairs from scikit-image.

    python test/golden/similarity.py        writes similarity.json beside this file

Needs scikit-image besides what the other scripts need. Images are [h, w, c].
"""
import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from golden import Waves, number, write

waves = Waves()
cases = []
for height, width, channels in ((16, 13, 1), (20, 24, 3)):
    a, b = (waves.make(f"{name}{len(cases)}", (height, width, channels), 0.5, 0.5) for name in "ab")
    # Close enough for a correlation, far enough for all three parts to differ from 1.
    x, y = a.numpy(), 0.7 * a.numpy() + 0.3 * b.numpy()
    ssim = structural_similarity(
        x, y, channel_axis=2, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, win_size=11)
    cases.append({"shape": [height, width, channels], "ssim": number(ssim), "psnr": number(peak_signal_noise_ratio(x, y, data_range=1.0))})

write(__file__, "y is 0.7 a + 0.3 b, x is a.", inputs=waves.formulas, cases=cases)
