"""Right-padded token ids of random lengths, and their classes."""

import numpy as np

N_IDS = 30
RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 12, 80)
X = np.where(np.arange(15) < LENGTHS[:, None], RNG.integers(1, N_IDS, (80, 15)), 0)
y = np.arange(80) % 3
