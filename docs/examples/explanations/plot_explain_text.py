"""
Which words made the model say that
===================================

Four ways to weigh the words of a text (:doc:`/user_guide/inspection`), and a check of
the one that asks nothing but predictions: does LIME find the coefficients of a linear
model, which are known?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.inspection import (
    AttentionDisplay,
    explain_text,
    explanation_agreement,
)
from sklearn_nn.neural_network import BiGRUClassifier
from sklearn_nn.svm import TfidfLinearSVC

shop = make_product_listings(1000, n_classes=6, images=False, random_state=0)
titles = shop.data[:, 0]
labels = np.array(shop.target_names)[shop.target]
X_train, y_train = titles[:800], labels[:800]
X_test, y_test = titles[800:], labels[800:]

# %%
# A linear model of words, and a recurrent network with attention.

svm = TfidfLinearSVC(ngram_range=(1, 1), random_state=0).fit(X_train, y_train)
network = make_pipeline(
    SequenceVectorizer(max_length=20),
    BiGRUClassifier(
        embedding_dim=32, hidden_size=32, lr=5e-3, max_epochs=8, random_state=0
    ),
).fit(X_train, y_train)

# %%
# :class:`~sklearn_nn.inspection.AttentionDisplay` shows the same title, explained for
# the same class by all four methods: red speaks for the class, blue against it.
# Attention knows no class, only where the network looks.

long_enough = [len(title.split()) >= 8 for title in X_test]
row = int(np.flatnonzero(long_enough)[0])
text, label = X_test[row], y_test[row]
shown = {
    "linear SVM": (svm, "occlusion"),
    "BiGRU, lime": (network, "lime"),
    "BiGRU, gradients": (network, "integrated_gradients"),
    "BiGRU, attention": (network, "attention"),
}
figure, axes = plt.subplots(4, 1, figsize=(6.5, 5), layout="constrained")
for ax, (name, (model, method)) in zip(axes, shown.items(), strict=True):
    seed = {"random_state": 0} if method == "lime" else {}
    AttentionDisplay.from_estimator(
        model, text, method=method, target=label, ax=ax, explain_options=seed
    )
    ax.set_title(f"{name}: {label}")

# %%
# Do both models read the same words? Of the first three words of either, the share that
# is among those of both:

options = {"method": "occlusion", "target": y_test[:20]}
agreement = explanation_agreement(
    explain_text(svm, X_test[:20], **options),
    explain_text(network, X_test[:20], **options),
    k=3,
)
print(f"overlap {np.nanmean(agreement.overlap):.2f}")

# %%
# LIME only sees what a model answers. For a linear model the truth is known: the weight
# of a word is its coefficient times its TF-IDF.

explained = explain_text(svm, X_test[:40], method="lime", random_state=0)
column = svm.vectorizer_.vocabulary_
found, known = [], []
for explanation in explained:
    of_class = list(svm.classes_).index(explanation.target)
    tfidf = svm.vectorizer_.transform([explanation.text]).toarray()[0]
    for word, weight in zip(explanation.words, explanation.weights, strict=True):
        if explanation.words.count(word) == 1 and word.lower() in column:
            place = column[word.lower()]
            found.append(weight)
            known.append(svm.coef_[of_class, place] * tfidf[place])
figure, ax = plt.subplots(figsize=(6, 4.5), layout="constrained")
ax.scatter(known, found, s=12, alpha=0.6)
ax.axhline(0, color="grey", linewidth=0.6)
ax.axvline(0, color="grey", linewidth=0.6)
ax.set(xlabel="coefficient times TF-IDF", ylabel="weight by LIME")
ax.set_title(f"correlation {np.corrcoef(known, found)[0, 1]:.2f}")
