"""
Which expert answers for which class
====================================

A mixture of experts (:doc:`/user_guide/experts`) is several small networks and a router
that decides, row by row, how much each of them counts. Do the experts specialise, or
does one of them do all the work?
"""

import textwrap
import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nn.inspection import ExpertUsageDisplay
from sklearn_nn.neural_network import MoEClassifier

# %%
# Sparse routing: two of six experts a row. The load-balancing loss keeps all of them in
# use.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
mixture = {"n_experts": 6, "hidden_size": 16, "max_epochs": 15, "random_state": 0}
balanced = MoEClassifier(top_k=2, router_aux_loss_coef=0.1, **mixture).fit(
    X_train, y_train
)

# %%
# In a second network that loss is off, and one expert a row decides. The estimator
# notices what comes of it.

free = MoEClassifier(top_k=1, router_aux_loss_coef=0.0, **mixture)
with warnings.catch_warnings(record=True) as noticed:
    warnings.simplefilter("always")
    free.fit(X_train, y_train)
for warning in noticed:
    print(textwrap.fill(str(warning.message), 80))
print(f"balanced: accuracy {balanced.score(X_test, y_test):.3f}")
print(f"not balanced: accuracy {free.score(X_test, y_test):.3f}")

# %%
# :class:`~sklearn_nn.inspection.ExpertUsageDisplay`: a bright cell is a specialist, a
# bright column does the work of all the others.

figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
ExpertUsageDisplay.from_estimator(balanced, X_test, y_test, ax=axes[0])
ExpertUsageDisplay.from_estimator(free, X_test, y_test, ax=axes[1])
axes[0].set_title(f"balanced: routing entropy {balanced.routing_entropy_:.2f}")
axes[1].set_title(f"not balanced: routing entropy {free.routing_entropy_:.2f}")
