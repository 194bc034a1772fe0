"""
A network in NumPy on a checkerboard
====================================

No straight line tells the tiles of one colour from those of the other. A network of two
hidden layers from :mod:`sklearn_nn.scratch`, whose derivatives are all written out in
NumPy, finds the tiles; a linear model sees nothing at all. What the layers do is told
in :doc:`/user_guide/scratch`.
"""

import matplotlib.pyplot as plt
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from sklearn_nn.datasets import make_checkerboard
from sklearn_nn.scratch import Linear, SequentialClassifier, Tanh

# %%
# Two thousand points of a board with four tiles along each side, and as many to test
# on.

X, y = make_checkerboard(2000, n_tiles=4, random_state=0, return_X_y=True)
X_test, y_test = make_checkerboard(2000, n_tiles=4, random_state=1, return_X_y=True)
X, X_test = scale(X), scale(X_test)

# %%
# A layer without a width takes what comes: the last one gets an output a class.

network = SequentialClassifier(
    layers=[Linear(out_features=32), Tanh(), Linear(out_features=32), Tanh(), Linear()],
    lr=0.02,
    lr_schedule="onecycle",
    batch_size=32,
    max_epochs=60,
    random_state=0,
)
models = {"logistic regression": LogisticRegression(), "Linear-Tanh, twice": network}

# %%
# What they make of the plane, and of the points to test on. Above: accuracy.

figure, axes = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    model.fit(X, y)
    DecisionBoundaryDisplay.from_estimator(
        model,
        X,
        response_method="predict_proba",
        eps=0.05,
        cmap="RdBu",
        alpha=0.7,
        ax=ax,
    )
    ax.scatter(*X_test.T, c=y_test, cmap="RdBu", s=3)
    ax.set(title=f"{name}: {model.score(X_test, y_test):.3f}", xticks=[], yticks=[])
