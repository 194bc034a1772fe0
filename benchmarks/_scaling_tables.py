"""The tables of how things scale, from ``results/scaling.json``."""

from benchmarks._report import known, markdown

MANY = 100_000_000
GIB = 2**30


def rows() -> str:
    """Time and memory of each stage."""
    stages = known("scaling")["rows"]["stages"]
    table = [
        {
            "stage": name,
            "rows": f"{found['rows'][-1]:,}",
            "seconds": f"{found['seconds'][-1]:.1f}",
            "grows like": f"n^{found['power']:.2f}",
            "one more row, µs": f"{found['us_a_row']:,.0f}",
            "bytes": _memory(found, found["bytes_a_row"]),
        }
        for name, found in stages.items()
    ]
    return markdown(table)


def many() -> str:
    """What a hundred million rows would take."""
    stages = known("scaling")["rows"]["stages"]
    table = [
        {
            "stage": name,
            "core-hours": _hours(found),
            "GiB, in one process": _memory(found, MANY * found["bytes_a_row"] / GIB),
        }
        for name, found in stages.items()
    ]
    return markdown(table)


def _memory(found: dict, value: float) -> str:
    """Leave out what is lost in the memory of weights and batches."""
    seen = found["bytes_a_row"] * found["rows"][-1] > 0.2e6 * found["peak_mb"][-1]
    return f"{value:,.0f}" if seen else "not seen"


def _hours(found: dict) -> str:
    """Carry on from the largest size: at the price of a row more, or at the power."""
    n_rows, seconds = found["rows"][-1], found["seconds"][-1]
    linear = seconds + found["us_a_row"] / 1e6 * (MANY - n_rows)
    power = seconds * (MANY / n_rows) ** max(found["power"], 1.0)
    low, high = sorted([linear / 3600, power / 3600])
    return f"{low:,.0f} to {high:,.0f}" if high > 1.2 * low else f"{high:,.1f}"


def scenarios() -> str:
    """Matrices of ever more scenarios."""
    figures = known("scaling")["scenarios"]
    table = [
        {
            "scenarios": row["scenarios"],
            "fits of steps": f"{row['fits']:.0f}",
            "seconds": f"{row['seconds']:.1f}",
            "seconds a scenario": f"{row['seconds'] / row['scenarios']:.2f}",
        }
        for row in figures["matrices"]
    ]
    caption = f"{figures['rows']:,} listings, {figures['folds']} folds, one thread."
    return f"{markdown(table)}\n\n{caption}"


def experts() -> str:
    """An epoch of ever more experts."""
    figures = known("scaling")["experts"]
    table = [
        {
            "experts": row["experts"],
            "all for each row, s": f"{row['soft']:.1f}",
            "two for each row, s": f"{row['top 2']:.1f}",
        }
        for row in figures["mixtures"]
    ]
    caption = (
        f"An epoch on {figures['rows']:,} listings, {figures['columns']:,} terms, in "
        "turn, medians of three. Of two experts, one for each row."
    )
    return f"{markdown(table)}\n\n{caption}"


def workers() -> str:
    """The whole matrix on one worker and on two."""
    figures = known("scaling")["workers"]
    one = figures["seconds"]["joblib, 1"]
    table = [
        {
            "workers": name,
            "seconds": f"{seconds:.1f}",
            "times one": f"{one / seconds:.2f}",
        }
        for name, seconds in figures["seconds"].items()
    ]
    caption = (
        f"{figures['scenarios']} scenarios, {figures['folds']} folds, "
        f"{figures['rows']:,} listings; wall time on a machine with two shared cores."
    )
    return f"{markdown(table)}\n\n{caption}"
