"""The progress bar of a scenario matrix."""

from collections.abc import Iterator
from contextlib import contextmanager

from ._results import ScenarioResults, ScenarioRun


class Progress:
    """Says what is in hand, what is best so far and how long it will take.

    Parameters
    ----------
    bar : tqdm.tqdm
        The bar, one unit a run.
    matrix : ScenarioResults
        The matrix; its ``metric`` ranks.
    """

    def __init__(self, bar, matrix: ScenarioResults):
        self.bar = bar
        self.matrix = matrix
        self.scores: dict[str, list[float]] = {}
        self.n_failed = 0

    def begin(self, code: str) -> None:
        """Show the scenario in hand."""
        self.bar.set_description_str(code, refresh=False)
        self.bar.refresh()

    def end(self, run: ScenarioRun) -> None:
        """Count a finished run."""
        if run.error is not None:
            self.n_failed += 1
        elif self.matrix.metric in run.scores:
            self.scores.setdefault(run.code, []).append(run.scores[self.matrix.metric])
        self.bar.set_postfix_str(self._so_far(), refresh=False)
        self.bar.update()

    def _so_far(self) -> str:
        said = []
        if self.scores:
            means = {code: sum(s) / len(s) for code, s in self.scores.items()}
            best = max(means, key=lambda code: means[code])
            said.append(f"best {best} {means[best]:.4f}")
        if self.n_failed:
            said.append(f"{self.n_failed} failed")
        return ", ".join(said)


@contextmanager
def progress_bar(
    matrix: ScenarioResults, n_runs: int, n_done: int, verbose: int
) -> Iterator[Progress]:
    """Show a bar on the standard error where `verbose` asks for it."""
    from tqdm.auto import tqdm

    with tqdm(
        total=n_runs,
        initial=n_done,
        unit="run",
        disable=not verbose,
        dynamic_ncols=True,
        smoothing=0.1,
    ) as bar:
        yield Progress(bar, matrix)
