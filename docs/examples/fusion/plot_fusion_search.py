"""
Tuning a whole fusion tree with Optuna
======================================

Every parameter of every model in a fusion has a name (``text__C``, ``image__C``), and
so has the choice to leave one out. Optuna proposes values for all of them together; the
score is cross-validated on the training rows, and the test rows are looked at once.
"""

import matplotlib.pyplot as plt
import optuna
import pandas as pd
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.svm import TfidfLinearSVC

# %%
# Two models of the titles, by words and by letters, and one of the pictures. A search
# splits rows, so the columns are those of a frame.

shop = make_product_listings(700, n_classes=6, image_size=6, random_state=0)
pixels = [f"pixel {i}" for i in range(108)]
X = pd.DataFrame(shop.images.reshape(700, -1) / 255, columns=pixels)
X["title"] = shop.data[:, 0]
X_train, X_test = X[:500], X[500:]
y_train, y_test = shop.target[:500], shop.target[500:]
letters = make_pipeline(
    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3)), ComplementNB()
)
tree = LateFusionClassifier(
    estimators=[
        ("text", TfidfLinearSVC(), "title"),
        ("letters", letters, "title"),
        ("image", LogisticRegression(max_iter=1000), pixels),
    ],
    cv=2,
    random_state=0,
)

# %%
# What a trial may change.


def objective(trial):
    candidate = clone(tree).set_params(
        text__C=trial.suggest_float("text__C", 0.1, 10, log=True),
        image__C=trial.suggest_float("image__C", 1e-4, 1, log=True),
        blend=trial.suggest_categorical("blend", ["alpha", "mean"]),
    )
    if not trial.suggest_categorical("letters", [True, False]):
        candidate.set_params(letters="drop")
    return -cross_val_score(
        candidate, X_train, y_train, cv=2, scoring="neg_log_loss"
    ).mean()


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(objective, n_trials=20)
for name, value in study.best_params.items():
    print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")

# %%
# Each dot is a trial, the line the best one so far.

losses = pd.Series([trial.value for trial in study.trials], index=range(1, 21))
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(losses, "o", label="trial")
ax.step(losses.index, losses.cummin(), where="post", label="best so far")
ax.set(xlabel="trial", ylabel="log loss, cross-validated", xticks=range(1, 21, 3))
ax.legend()

# %%
# The best tree on the test rows, once, beside the one that nobody tuned. The defaults
# were good already: among 200 rows such differences are chance.

best = clone(tree).set_params(
    **{name: study.best_params[name] for name in ("text__C", "image__C", "blend")}
)
if not study.best_params["letters"]:
    best.set_params(letters="drop")
for name, model in {"as it was": tree, "tuned": best}.items():
    model.fit(X_train, y_train)
    loss = log_loss(y_test, model.predict_proba(X_test))
    print(f"{name}: log loss {loss:.3f}, accuracy {model.score(X_test, y_test):.3f}")
