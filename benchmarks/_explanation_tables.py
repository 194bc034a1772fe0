"""The table of explanations in the user guide, from ``results/explanations.json``."""

from benchmarks._report import known, markdown


def explanations() -> str:
    """What is lost with the words and pixels that explanations rank first."""
    figures = known("explanations")
    text, images = figures["text"], figures["images"]
    rows = [
        {
            "model": row["model"],
            "method": row["method"],
            "deleted": row.get("deleted", "words"),
            "ranked first": f"{row['area']:.3f}",
            "at random": f"{row['random_area']:.3f}",
            "difference": f"{row['gap']:+.3f} ± {row['se']:.3f}",
        }
        for row in text["rows"] + images["rows"]
    ]
    sizes = {row["words"]: row["samples"] for row in map(_hashable, text["rows"])}
    posts, brief = (f"{n} of {least} to {most}" for (least, most), n in sizes.items())
    lime = {row["n_samples"]: row for row in figures["lime"]["rows"]}[1000]
    correlation = f"{lime['mean']:.2f} ± {lime['se']:.2f}"
    return (
        f"{markdown(rows)}\n\n{text['split']}, {posts} words to test "
        f"({brief} for MiniLM). "
        f"{images['split']}. ± is the paired standard error over samples; random is "
        f'the mean of {figures["orders"]} orders. Pixels become zero; "ink" is those '
        "that are not.\n\nOn `TfidfLinearSVC` with single words, LIME ranks the words "
        f"of a post as coefficient times TF-IDF does: rank correlation {correlation}, "
        f"at least {lime['lowest']:.2f} ({lime['n_samples']} samples; 50 posts)."
    )


def _hashable(row: dict) -> dict:
    return row | {"words": tuple(row["words"])}
