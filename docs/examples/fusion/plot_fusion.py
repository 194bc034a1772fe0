"""
Titles and pictures in one classifier
=====================================

:class:`~sklearn_nn.ensemble.LateFusionClassifier` (:doc:`/user_guide/fusion`) gives
each model its own columns and learns from out-of-fold answers how far to trust each of
them. How much does each add, and what becomes of a row whose picture is missing?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.inspection import FusionDisplay
from sklearn_nn.svm import TfidfLinearSVC

# %%
# Some of these generated products differ in their words only, others in their pictures.

shop = make_product_listings(1200, n_classes=8, image_size=10, random_state=0)
X = {"title": shop.data[:, 0], "pixels": shop.images.reshape(1200, -1) / 255}
train = {name: column[:900] for name, column in X.items()}
test = {name: column[900:] for name, column in X.items()}
y_train, y_test = shop.target[:900], shop.target[900:]

fusion = LateFusionClassifier(
    estimators=[
        ("text", TfidfLinearSVC(), "title"),
        ("image", LogisticRegression(C=0.3, max_iter=2000), "pixels"),
    ],
    cv=3,
    random_state=0,
).fit(train, y_train)

# %%
# How good each is alone, out of fold, and by how much the log loss of both rises
# without it: a :class:`~sklearn_nn.inspection.FusionDisplay`.

FusionDisplay.from_estimator(fusion, metric="f1_macro")

# %%
# The same tree with one base left out: ``"drop"`` makes "text alone" and "image alone"
# candidates like any other, in a search as well.

trees = {
    "text alone": clone(fusion).set_params(image="drop"),
    "image alone": clone(fusion).set_params(text="drop"),
    "both": fusion,
}
scores = {}
for name, tree in trees.items():
    tree.fit(train, y_train)
    scores[name] = (tree.predict(test) == y_test).mean()
    print(f"{name}: accuracy {scores[name]:.3f}")

# %%
# New listings come without a picture, or without a title. Nothing is filled in: who has
# nothing to look at is not asked, and the others answer.

rng = np.random.default_rng(0)
gaps = {"no gaps": test}
for column in test:
    gone = rng.random(300) < 0.5
    holes = test[column].copy()
    holes[gone] = "" if column == "title" else np.nan
    gaps[f"half without {column}"] = {**test, column: holes}
for name, rows in gaps.items():
    scores[name] = (fusion.predict(rows) == y_test).mean()

figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
names = ["text alone", "image alone", *gaps]
colours = ["C1" if "alone" in name else "C0" for name in names]
bars = ax.barh(names, [scores[name] for name in names], color=colours)
ax.bar_label(bars, fmt="%.2f", padding=3)
ax.invert_yaxis()
ax.set(xlabel="accuracy on held-out rows", xlim=(0, 1))
