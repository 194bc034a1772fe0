"""
What an autoencoder keeps
=========================

An autoencoder (:doc:`/user_guide/autoencoders`) rebuilds every row from a few numbers.
It is a transformer like PCA, without PCA's straight lines. How good are the copies, and
do images of the same digit come to lie together?
"""

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from sklearn_nn.inspection import LatentSpaceDisplay, ReconstructionDisplay
from sklearn_nn.neural_network import AutoencoderTransformer

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# Four numbers an image, learned without the labels.

model = AutoencoderTransformer(
    n_components=4,
    hidden_layer_sizes=(128, 64),
    lr=0.01,
    lr_schedule="onecycle",
    max_epochs=80,
    random_state=0,
).fit(X_train)

# %%
# Held-out digits above, what was rebuilt of them below, with the error of each: a
# :class:`~sklearn_nn.inspection.ReconstructionDisplay`.

ReconstructionDisplay.from_estimator(model, X_test, n=8)

# %%
# PCA with as many numbers goes through the same display, with almost twice the error.

pca = PCA(4, random_state=0).fit(X_train)
ReconstructionDisplay.from_estimator(pca, X_test, n=8)
of_pca = ((pca.inverse_transform(pca.transform(X_test)) - X_test) ** 2).mean()
print(f"all held-out digits: {-model.score(X_test):.3f}, by PCA {of_pca:.3f}")

# %%
# A :class:`~sklearn_nn.inspection.LatentSpaceDisplay` brings the latents of the
# held-out digits into the plane by t-SNE. Purity and silhouette are of k-means among
# the four numbers themselves, since distances in such a picture mean little.

LatentSpaceDisplay.from_estimator(model, X_test, y_test, random_state=0)
