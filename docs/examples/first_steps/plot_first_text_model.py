"""
A first classifier of texts
===========================

Which category does a product belong to, by its title alone? The model to beat is a
linear one on TF-IDF: :class:`~sklearn_nn.svm.TfidfLinearSVC` takes the texts as they
are. A network is a pipeline of two steps and is used in the same way.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import classification_report, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import MLPClassifier, TextCNNClassifier
from sklearn_nn.svm import TfidfLinearSVC

# %%
# The listings are generated: titles in five languages, some of them misspelt, in
# classes of very unequal size.

shop = make_product_listings(1500, n_classes=8, images=False, random_state=0)
titles = shop.data[:, 0]
names = np.array(shop.target_names)
X_train, X_test, y_train, y_test = train_test_split(
    titles, names[shop.target], stratify=shop.target, random_state=0
)
print(X_train[:3])

# %%
# Three models, on the same rows: the linear one; a perceptron on the same TF-IDF; and
# :class:`~sklearn_nn.neural_network.TextCNNClassifier`, which reads the words in their
# order and finds pairs of them.

options = {"lr": 5e-3, "max_epochs": 15, "random_state": 0}
models = {
    "TF-IDF, linear SVM": TfidfLinearSVC(random_state=0),
    "TF-IDF, perceptron": make_pipeline(
        TfidfVectorizer(sublinear_tf=True), MLPClassifier(**options)
    ),
    "words in order, convolutions": make_pipeline(
        SequenceVectorizer(max_length=20),
        TextCNNClassifier(
            embedding_dim=64, widths=(1, 2), lr_schedule="onecycle", **options
        ),
    ),
}
predicted = {
    name: model.fit(X_train, y_train).predict(X_test) for name, model in models.items()
}
for name, answers in predicted.items():
    print(f"{name}: macro F1 {f1_score(y_test, answers, average='macro'):.3f}")

# %%
# Everything that scikit-learn says about a classifier, it says about all of them.

print(classification_report(y_test, predicted["TF-IDF, linear SVM"]))

# %%
# Class by class, largest class on top. Which words there are decides here, not their
# order, and 375 titles do not tell the first two models apart: a reason to begin with
# the one that is fitted in a blink.

classes, counts = np.unique(y_train, return_counts=True)
classes = classes[np.argsort(counts)]
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for name, answers in predicted.items():
    scores = f1_score(y_test, answers, labels=classes, average=None)
    ax.plot(scores, classes, "o", label=name)
ax.set(xlabel="F1 score on held-out titles", xlim=(None, 1.01))
ax.grid(axis="y", alpha=0.4)
ax.legend()
