"""What all kinds of networks agree on about schedules of the learning rate."""

# Share of the steps on which "warmup" rises to its peak.
WARMUP = 0.1
# With fewer steps a cycle is all start and end, at a learning rate of next to nothing.
SHORTEST_CYCLE = 10
# The third epoch in a row without a lower loss halves the learning rate.
PLATEAU = 3


def up_and_down(step: int, n_steps: int) -> float:
    """Return the share of the peak that ``"warmup"`` has at a step.

    Parameters
    ----------
    step : int
        Steps done before.
    n_steps : int
        Steps in all.

    Returns
    -------
    float
        Rising in a line over the first tenth, then falling in a line towards zero.
    """
    rise = max(int(WARMUP * n_steps), 1)
    if step < rise:
        return (step + 1) / rise
    return (n_steps - step) / (n_steps - rise + 1)
