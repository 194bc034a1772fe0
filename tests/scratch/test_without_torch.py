"""The estimators need no torch."""

import subprocess
import sys

CODE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "skorch"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
import pickle
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn_nn.scratch import *

X, y = load_digits(return_X_y=True)
X = X / 16
model = SequentialClassifier(
    layers=[Linear(out_features=16), Tanh(), Linear()], lr=0.01, max_epochs=5
)
search = GridSearchCV(model, {"layers__0__out_features": [4, 16]}, cv=2).fit(X, y)
assert pickle.loads(pickle.dumps(search)).score(X, y) > 0.8
SequentialRegressor(max_epochs=2).fit(X, y).predict(X)
SequentialAutoencoder(max_epochs=2).fit(X).transform(X)
assert not {"torch", "skorch"} & sys.modules.keys()
"""


def test_estimators_without_torch():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
