"""
All choices of preprocessing at once
====================================

Clean the HTML or not, count words or weigh them, or take letters, and which classifier?
A scenario matrix (:doc:`/user_guide/scenarios`) tries every combination on the same
rows, computes once what two scenarios do alike, and tells gains from chance.
"""

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.inspection import LeverEffectDisplay, ScenarioDisplay
from sklearn_nn.model_selection import ScenarioSearchCV
from sklearn_nn.neural_network import MLPClassifier
from sklearn_nn.preprocessing import TextCleaner, TextMerger

shop = make_product_listings(900, n_classes=10, images=False, random_state=0)

# %%
# A lever is a step of the pipeline, or a parameter of one; its outcomes have names, and
# the first is the baseline.

pipeline = Pipeline(
    [
        ("merge", TextMerger()),
        ("cleaning", "passthrough"),
        ("words", TfidfVectorizer()),
        ("model", LinearSVC()),
    ]
)
levers = {
    "cleaning": {"off": "passthrough", "on": TextCleaner()},
    "words": {
        "tfidf": TfidfVectorizer(sublinear_tf=True),
        "count": CountVectorizer(),
        "letters": TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=5),
    },
    "model": {
        "svm": LinearSVC(random_state=0),
        "bayes": ComplementNB(),
        "mlp": MLPClassifier(lr=0.005, max_epochs=10, random_state=0),
    },
}
search = ScenarioSearchCV(pipeline, levers, scoring="f1_macro", cv=3)
search.fit(shop.data, shop.target)
print(len(search.cv_results_["scenario"]), "scenarios; the best one:")
print(search.best_scenario_, search.decode_scenario(search.best_scenario_))

# %%
# A :class:`~sklearn_nn.inspection.LeverEffectDisplay` shows the mean difference that
# each outcome makes, over all pairs of scenarios that differ in nothing else. The
# intervals hold for all of them together: a filled point is larger than chance.

LeverEffectDisplay.from_search(search, random_state=0)

# %%
# Score against time, in a :class:`~sklearn_nn.inspection.ScenarioDisplay`. Nothing is
# both better and faster than a scenario on the Pareto front.

ScenarioDisplay.from_search(search)
