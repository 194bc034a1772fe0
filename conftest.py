"""Settings for the tests and for the examples in docstrings, README and guides."""

import os

# One thread each: several on a busy machine are far slower than one. The workers
# that joblib starts inherit the environment, not torch's own setting.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("MPLBACKEND", "agg")

import hypothesis
import torch

torch.set_num_threads(1)
hypothesis.settings.register_profile("no-deadline", deadline=None)
hypothesis.settings.load_profile("no-deadline")
