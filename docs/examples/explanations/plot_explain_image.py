"""
Which pixels made the model say that
====================================

Three ways to weigh the pixels of an image (:doc:`/user_guide/inspection`): Grad-CAM
says roughly where the network looks, integrated gradients and occlusion say which
pixels speak for the class, and which against it.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nn.inspection import SaliencyDisplay
from sklearn_nn.neural_network import CNNClassifier

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images / 16, digits.target, random_state=0
)
network = CNNClassifier(channels=(16, 32), lr=0.005, max_epochs=6, random_state=0)
network.fit(X_train, y_train)
print(f"accuracy {network.score(X_test, y_test):.3f}")

# %%
# Four digits, three methods, the predicted class above: one
# :class:`~sklearn_nn.inspection.SaliencyDisplay` each.

methods = ("grad_cam", "integrated_gradients", "occlusion")
figure, axes = plt.subplots(3, 4, figsize=(10, 7.5), layout="constrained")
for row, method in zip(axes, methods, strict=True):
    for ax, image in zip(row, X_test[:4], strict=True):
        SaliencyDisplay.from_estimator(
            network, image, method=method, colorbar=False, ax=ax
        )
        ax.set_title(f"{network.predict([image])[0]}" if method == methods[0] else "")
    row[0].set_ylabel(method)

# %%
# The same image, asked about other classes: what would speak for an 8, and what is in
# its way?

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
for ax, target in zip(axes, (y_test[0], 8, 3), strict=True):
    SaliencyDisplay.from_estimator(
        network, X_test[0], method="integrated_gradients", target=target, ax=ax
    )
    ax.set_title(f"for a {target}")
