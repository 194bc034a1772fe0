"""Figures as they stand in tables of the user guide."""

from benchmarks._report import markdown


def percent(value: float | None, spread: float | None = None) -> str:
    """Return a share in percent, with its standard deviation."""
    if value is None:
        return "diverged"
    text = f"{100 * value:.2f}"
    return text if spread is None else f"{text} ± {100 * spread:.2f}"


def plus_minus(summary: dict, digits: int) -> str:
    return f"{summary['mean']:.{digits}f} ± {summary['std']:.{digits}f}"


def titled(name: str, study: dict, rows: list[dict]) -> str:
    title, data = name.replace("_", " ").capitalize(), study["data"]
    return (
        f"**{title}.** {data[0].upper()}{data[1:]}. Reported: {study['reported']}."
        f"\n\n{markdown(rows)}"
    )
