"""The matrix of 48 scenarios on raw texts that several benchmarks run."""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.preprocessing import Stemmer, StopWordRemover, TextCleaner, Tokenizer

SEED = 42
TOPICS = ["comp.graphics", "sci.electronics", "sci.med", "sci.space"]
PIPELINE = Pipeline(
    [
        ("clean", "passthrough"),
        ("tokeniser", "passthrough"),
        ("stop_words", "passthrough"),
        ("synthesis", "passthrough"),
        ("vectoriser", TfidfVectorizer(min_df=2, sublinear_tf=True)),
        ("model", MultinomialNB()),
    ]
)
LEVERS = {
    "clean": {"off": "passthrough", "on": TextCleaner()},
    "tokeniser": {"split": "passthrough", "word": Tokenizer(method="word")},
    "stop_words": {"off": "passthrough", "on": StopWordRemover(language="en")},
    "synthesis": {"off": "passthrough", "stem": Stemmer(language="en")},
    "model": {
        "bayes": MultinomialNB(),
        "svm": LinearSVC(random_state=SEED),
        "logreg": SGDClassifier(loss="log_loss", random_state=SEED),
    },
}
CV = StratifiedKFold(3, shuffle=True, random_state=SEED)
SCORING = "f1_weighted"
