"""
Which learning rate?
====================

One short training, in which the learning rate rises with every batch
(:func:`~sklearn_nn.model_selection.find_learning_rate`): the loss stays where it is
while the rate is too small, falls, and explodes when it is too large.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from sklearn_nn.inspection import LearningRateDisplay
from sklearn_nn.neural_network import CNNClassifier, MLPClassifier

# %%
# A perceptron and a convolutional network on the same digits. The estimators are not
# touched: clones are trained.

digits = load_digits()
images = digits.images / 16
mlp = MLPClassifier(random_state=0)
cnn = CNNClassifier(channels=(8, 16), random_state=0)

# %%
# In a :class:`~sklearn_nn.inspection.LearningRateDisplay` the shaded window is where
# training is stable; the line is the suggestion.

figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
X = images.reshape(len(images), -1)
displays = [
    LearningRateDisplay.from_estimator(mlp, X, digits.target, ax=axes[0]),
    LearningRateDisplay.from_estimator(cnn, images, digits.target, ax=axes[1]),
]
for ax, network in zip(axes, (mlp, cnn), strict=True):
    ax.set_title(type(network).__name__)

# %%
# The suggestion is a number like any other parameter.

for network, display in zip((mlp, cnn), displays, strict=True):
    network.set_params(lr=display.suggestion, max_epochs=5)
    print(f"{type(network).__name__}: lr={display.suggestion:.2g}")
