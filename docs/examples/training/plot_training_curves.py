"""
Training curves of several runs
===============================

Every network keeps what happened, epoch by epoch, in ``history_``.
:class:`~sklearn_nn.inspection.TrainingCurveDisplay` draws several runs over each other:
training solid, validation dashed, a ring at the epoch that early stopping restored.
"""

from sklearn.datasets import load_digits

from sklearn_nn.inspection import TrainingCurveDisplay
from sklearn_nn.neural_network import MLPClassifier

# %%
# The same perceptron at three learning rates. Validation is done on a tenth of the
# rows; training ends when five epochs have brought no better score.

X, y = load_digits(return_X_y=True)
X = X / 16
runs = {
    f"lr={lr}": MLPClassifier(
        lr=lr, max_epochs=40, early_stopping=True, random_state=0
    ).fit(X, y)
    for lr in (0.0005, 0.003, 0.1)
}
for name, model in runs.items():
    best = max(epoch["valid_acc"] for epoch in model.history_)
    print(f"{name}: {model.n_iter_} epochs, best validation accuracy {best:.3f}")

# %%
# The smallest learning rate is still on its way, the largest one jumps about.

TrainingCurveDisplay.from_estimators(runs, metrics=["loss", "acc"])
