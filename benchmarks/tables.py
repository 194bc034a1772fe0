"""Writes the figures of ``results/*.json`` between the markers of README and guide.

python -m benchmarks.tables
"""

import re
from pathlib import Path

from benchmarks import _guide_tables
from benchmarks._report import known as load
from benchmarks._report import markdown

N_BEST = 8
README = Path(__file__).parents[1] / "README.md"
GUIDE = README.parent / "docs" / "user_guide"


def demo() -> str:
    """The best of what ``make demo`` ranked."""
    figures = load("demo")
    rows = [
        {
            **{k: v for k, v in row.items() if k not in ("f1_weighted", "gap")},
            "f1_weighted": f"{row['f1_weighted']:.4f}",
            "to the best": f"{row['gap']:+.4f}" if row["gap"] else "best",
        }
        for row in figures["rows"][:N_BEST]
    ]
    more = f"The best {N_BEST} of {len(figures['rows'])} scenarios."
    return f"{figures['title']}:\n\n{markdown(rows)}\n\n{more}"


def scenarios() -> str:
    """What sharing, the store and the text levers are worth."""
    sharing, memory = load("prefix_sharing"), load("matrix_memory")
    grids = sharing["grids"]
    first = next(iter(grids.values()))
    rows = [
        {
            f"TF-IDF, SVM, 8 values of C, 3 folds, {first['n_posts']:,} posts": name,
            **{
                f"{vectoriser}: times ours": _times(grid["rows"], name)
                for vectoriser, grid in grids.items()
            },
        }
        for name in (row["search"] for row in first["rows"])
    ]
    matrix = sharing["matrix"]
    killed = load("killed_runs")["rows"]
    said = [
        f"A matrix of {matrix['scenarios']} scenarios on raw posts took "
        f"1/{matrix['alone over tree']:.1f} of the time of one pipeline after the "
        f"other, and {matrix['tree over floor']:.2f} of the steps' own time, each done "
        f"once ({matrix['fits']:.0f} fits instead of {matrix['fits alone']:.0f}).",
        *(
            f"Killed {row['in mid-run']} times at random moments with "
            f"{row['workers']} worker{'s' * (row['workers'] > 1)}, the same matrix "
            f"ended with each of its {row['expected']} runs once and the scores of a "
            "run that nobody disturbed."
            for row in killed
            if row["each once"] and row["same scores"]
        ),
        _memory(memory["rows"]),
    ]
    return "\n\n".join([markdown(rows), " ".join(said), _levers(load("text_levers"))])


def _times(rows: list[dict], search: str) -> str:
    row = next(row for row in rows if row["search"] == search)
    return f"{row['times ours']:.2f}" + ("" if row["same scores"] else ", other scores")


def _memory(rows: list[dict]) -> str:
    given = "; ".join(
        f"{row['over_none_mb']:.0f} MB with {row['budget']}"
        for row in rows
        if row["budget"] != "0"
    )
    return f"Peak memory above that of sharing nothing, by budget: {given}."


def _levers(figures: dict) -> str:
    rows = [
        {
            "cleaning, language, stop words, lemmas": name,
            "characters": f"{texts['characters_mean']:.0f}",
            "a second a core": f"{texts['throughput']['listings a second']:,.0f}",
            "times the usual": f"{texts['beside_the_usual']['ratio']:.0f}",
        }
        for name, texts in figures.items()
        if isinstance(texts, dict) and "throughput" in texts
    ]
    usual = "The usual: Beautiful Soup, langdetect, NLTK and spaCy, one text at a time."
    return f"{markdown(rows)}\n\n{usual}"


def newsgroups() -> str:
    parts = []
    for split in ("random", "bydate"):
        figures = load(f"newsgroups_{split}")
        rows = [
            {
                "model": row["model"],
                "validation": f"{row['valid_accuracy']:.4f}",
                "test accuracy": f"{row['accuracy']:.4f}",
                "macro F1": f"{row['macro_f1']:.4f}",
                "weighted F1": f"{row['weighted_f1']:.4f}",
                "fit, s": f"{row['fit_s']:.0f}",
            }
            for row in figures["rows"]
        ]
        caption = (
            f"{figures['split']}, seed {figures['seed']}, {figures['threads']} thread"
        )
        parts.append(f"{caption}:\n\n{markdown(rows)}")
        if "recipe" in figures:
            parts.append(_recipe(figures["recipe"]))
    return "\n\n".join(parts)


def _recipe(recipe: dict) -> str:
    ratio = recipe["bigru_time_over_recipe"]
    return (
        "The recipe is that of a published description of this network (pad to 400 "
        "tokens, a plain loop, torch's default Adam, 15 epochs), trained in turn with "
        f"ours, an epoch each: ours took {ratio:.2f} of the time of its 15 epochs "
        f"({recipe['epochs']} of them run, the best by validation kept)."
    )


def overhead() -> str:
    figures = load("training_overhead")
    rows = [
        {
            "fit beside a hand-written torch loop": row["case"],
            "ratio": f"{row['ratio']:.3f}",
            "at most": f"{row['bound']:.2f}",
        }
        for row in [*figures["times"], figures["memory"]]
    ]
    pairs = figures["times"][0]["pairs"]
    caption = f"Medians of {pairs} pairs run in turn on one thread; memory in one run."
    return f"{markdown(rows)}\n\n{caption}"


def environment() -> str:
    figures = load("newsgroups_random")["environment"]
    packages = ("python", "scikit-learn", "torch", "skorch", "numpy")
    versions = ", ".join(f"{name} {figures[name]}" for name in packages)
    return (
        f"Measured with {versions} on a shared machine with {figures['cores']} cores."
    )


def write(text: str, marker: str, content: str) -> str:
    """Replace what stands between ``<!-- marker -->`` and ``<!-- /marker -->``."""
    pattern = rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)"
    replaced, n = re.subn(
        pattern, lambda m: f"{m[1]}\n{content}\n\n{m[2]}", text, flags=re.DOTALL
    )
    if n != 1:
        raise ValueError(f"There is no pair of markers {marker!r}.")
    return replaced


def render(text: str) -> str:
    """Return the README with the figures of today."""
    text = write(text, "demo", demo())
    text = write(text, "scenarios", scenarios())
    figures = "\n\n".join([newsgroups(), overhead(), environment()])
    return write(text, "figures", figures)


def render_page(name: str, text: str) -> str:
    """Return a page of the user guide with the figures of today."""
    for marker, table in _guide_tables.PAGES[name].items():
        text = write(text, marker, table())
    return text


if __name__ == "__main__":
    README.write_text(render(README.read_text()))
    for name in _guide_tables.PAGES:
        page = GUIDE / f"{name}.md"
        page.write_text(render_page(name, page.read_text()))
