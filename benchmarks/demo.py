"""Four models on four newsgroups: what a linear model reaches, and what nets add.

python -m benchmarks.demo
"""

import argparse
import sys
from urllib.error import URLError

import torch

from benchmarks._models import scores, text_models, timed
from benchmarks._newsgroups_data import load_split
from benchmarks._report import save, show
from sklearn_nn.datasets import make_product_listings

TOPICS = ["comp.graphics", "sci.electronics", "sci.med", "sci.space"]
MLP = {"hidden_layer_sizes": (128,), "dropout": 0.5, "max_epochs": 10}
BIGRU = {"max_epochs": 6, "lr": 4e-3, "lr_schedule": "onecycle", "verbose": 1}
MAX_LENGTH = 200


def load():
    """Real posts; where there are none and no network, generated listings."""
    try:
        split = load_split("bydate", categories=TOPICS)
    except (OSError, URLError) as error:
        print(
            f"20 Newsgroups is neither in the data home nor to be downloaded ({error})."
            "\nRunning on generated product listings instead."
        )
        return _listings()
    return split.name + f", {len(TOPICS)} topics", split.train, split.test


def _listings():
    from sklearn.model_selection import train_test_split

    listings = make_product_listings(4000, images=False, random_state=0)
    texts = [f"{title} {description or ''}" for title, description in listings.data]
    X_train, X_test, y_train, y_test = train_test_split(
        texts, listings.target, test_size=0.25, random_state=0, stratify=listings.target
    )
    return "generated product listings", (X_train, y_train), (X_test, y_test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--save", action="store_true", help="write results/demo.json")
    arguments = parser.parse_args()
    # One thread: on a busy machine several are far slower than one.
    torch.set_num_threads(1)
    name, (X_train, y_train), (X_test, y_test) = load()
    title = f"{name}: {len(X_train)} texts to train on, {len(X_test)} to test on"
    print(title, flush=True)
    rows = []
    for model_name, model in text_models(MLP, BIGRU, MAX_LENGTH).items():
        print(f"fitting {model_name}", file=sys.stderr, flush=True)
        _, fit_s = timed(model.fit, X_train, y_train)
        predicted, predict_s = timed(model.predict, X_test)
        rows.append(
            {
                "model": model_name,
                **scores(y_test, predicted),
                "fit_s": round(fit_s, 1),
                "predict_s": round(predict_s, 1),
            }
        )
    print()
    show(rows)
    if arguments.save:
        save("demo", {"title": title, "rows": rows})


if __name__ == "__main__":
    main()
