"""Small models of texts and of images, fitted once, to be explained."""

import sys
import tempfile
import threading
import warnings
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import (
    BiGRUClassifier,
    CNNClassifier,
    MLPClassifier,
    MoEClassifier,
    TextCNNClassifier,
    TimmClassifier,
    TransformerClassifier,
)
from tests.neural_network.pictures_of_digits import LABELS, PICTURES
from tests.pretrained.encoders import make

# Kept until the tests end: the folder is a parameter of estimators.
FOLDER = tempfile.TemporaryDirectory()

STARTS = ["red milk tea", "hot green tea", "red car engine", "a fast hot engine"]
TEXTS = [
    f"{start} {end}".strip() for start in STARTS for end in ("", "the", "is and a")
]
TOPICS = np.repeat(["drinks", "drinks", "vehicles", "vehicles"], 3)
# With punctuation, an unknown word, a word twice, and nothing at all.
ODD = ["(Hot) tea, they say: isn't fast!", "", "the car... tea the car", "?! ..."]


def ids(**parameters):
    return SequenceVectorizer(**({"max_length": 8, "min_frequency": 1} | parameters))


def token_networks():
    shared = {"embedding_dim": 6, "lr": 0.02, "max_epochs": 10, "random_state": 0}
    return {
        "BiGRU": BiGRUClassifier(hidden_size=5, **shared),
        "TextCNN": TextCNNClassifier(widths=(1, 2), n_filters=6, **shared),
        "MoE": MoEClassifier(inputs="token_ids", n_experts=2, hidden_size=6, **shared),
    }


def text_models():
    """Return name -> classifier of raw texts."""
    network = MLPClassifier(
        hidden_layer_sizes=(6,), lr=0.02, max_epochs=20, random_state=0
    )
    encoder = TransformerClassifier(
        model_name=make(FOLDER.name),
        max_length=16,
        precision="float32",
        lr=0.01,
        max_epochs=5,
        random_state=0,
    )
    return {
        "linear": make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)),
        "MLP": make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), network),
        "counts": make_pipeline(CountVectorizer(stop_words=["the"]), network),
        **{name: make_pipeline(ids(), net) for name, net in token_networks().items()},
        "frozen": encoder.set_params(freeze_backbone=True),
        "tuned": TransformerClassifier(
            **(encoder.get_params() | {"freeze_backbone": False, "lr": 1e-3})
        ),
    }


@cache
def text_model(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return text_models()[name].fit(TEXTS, TOPICS)


DIGITS = load_digits()
X, Y = DIGITS.data / 16, DIGITS.target


def image_models():
    """Return name -> classifier of flattened digits."""
    shared = {"max_epochs": 3, "lr": 0.005, "random_state": 0}
    cnn = CNNClassifier(channels=(6, 8), **shared)
    return {
        "CNN": cnn,
        "scaled CNN": make_pipeline(
            MinMaxScaler(), CNNClassifier(batch_norm=True, **shared)
        ),
        "MLP": MLPClassifier(hidden_layer_sizes=(16,), **shared),
        "linear": make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=300)),
    }


@cache
def image_model(name):
    return image_models()[name].fit(X[:600], Y[:600])


@cache
def backbone(freeze, model_name="resnet10t"):
    """Return a small backbone with random weights, fitted on pictures of digits."""
    model = TimmClassifier(
        model_name=model_name,
        pretrained=False,
        image_size=32,
        precision="float32",
        augment=False,
        freeze_backbone=freeze,
        lr=1e-2 if freeze else 1e-3,
        max_epochs=1,
        batch_size=16,
        random_state=0,
    )
    return model.fit(PICTURES[:32], LABELS[:32])


def net_of(model):
    """Return the network of a classifier, or of the end of a pipeline."""
    return model[-1] if hasattr(model, "steps") else model


def state_of(model):
    """Return what an explanation must leave as it is."""
    module = net_of(model).net_.module_
    return (
        [p.requires_grad for p in module.parameters()],
        [p.grad is None for p in module.parameters()],
        [p.detach().numpy().tobytes() for p in module.parameters()],
        [p.numpy().tobytes() for p in module.buffers()],
        [len(part._forward_hooks) for part in module.modules()],
    )


def in_threads(jobs):
    """Run each job in a thread of its own, all at once, and return what they return."""
    barrier, found = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(i, job):
        barrier.wait()
        found[i] = job()

    threads = [
        threading.Thread(target=run, args=(i, job)) for i, job in enumerate(jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def calls_of(module, run):
    """Count how often a hook on a module fires."""
    calls = []
    hook = module.register_forward_hook(lambda *_: calls.append(1))
    try:
        run()
    finally:
        hook.remove()
    return len(calls)


def refuse_roots(monkeypatch):
    """Let get_figure know no root where the package asks, as in matplotlib 3.8."""
    known = Axes.get_figure

    def get_figure(ax, **options):
        caller = sys._getframe(1).f_globals["__name__"]
        if options and caller.startswith("sklearn_nn"):
            raise TypeError(f"get_figure() got unexpected arguments {options}")
        return known(ax, **options)

    monkeypatch.setattr(Axes, "get_figure", get_figure)
