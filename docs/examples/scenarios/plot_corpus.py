"""
A corpus before anything is fitted
==================================

How many rows has each class, how long are the texts, what is missing, which words are
typical? :func:`~sklearn_nn.preprocessing.describe_corpus` answers class by class, as a
table and as a picture.
"""

import numpy as np
import pandas as pd

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.preprocessing import TextCleaner, describe_corpus

# %%
# Generated listings with what real ones suffer from: descriptions that are missing,
# HTML, several languages, duplicates.

shop = make_product_listings(1200, n_classes=8, images=False, random_state=0)
frame = pd.DataFrame(shop.data, columns=["title", "description"])
labels = np.array(shop.target_names)[shop.target]
corpus = describe_corpus(frame, labels, languages=shop.language)
columns = ["n_rows", "median_words", "percent_missing_description", "languages"]
corpus.to_frame()[columns].round(1)

# %%
# What HTML left behind ("eacute", from an é) is among the typical words: these texts
# want cleaning.

axes = corpus.plot()

# %%
# The same after :class:`~sklearn_nn.preprocessing.TextCleaner`.

cleaner = TextCleaner()
clean = pd.DataFrame(
    {name: cleaner.fit_transform(frame[name].fillna("")) for name in frame}
)
axes = describe_corpus(clean, labels, languages=shop.language).plot()
