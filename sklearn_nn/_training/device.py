"""Where and in which precision to compute."""

from typing import NamedTuple

import torch


class Precision(NamedTuple):
    """The dtype of the parameters, and the one to autocast to, if any."""

    dtype: torch.dtype
    autocast: torch.dtype | None = None


def resolve_device(device: str) -> torch.device:
    """Turn the ``device`` parameter into a device that exists here.

    Parameters
    ----------
    device : str
        ``"auto"`` (a GPU when there is one) or a name that torch knows, such as
        ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If torch does not know the name.
    RuntimeError
        If this machine has no such device.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"The 'device' parameter must be 'auto' or a torch device such as 'cpu', "
            f"'cuda' or 'cuda:0'. Got {device!r} instead."
        ) from error
    if resolved.type == "meta":
        raise ValueError("device='meta' holds no data. Use 'auto', 'cpu' or 'cuda'.")
    try:
        torch.empty(0, device=resolved)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise RuntimeError(
            f"device={device!r} was asked for, but torch {torch.__version__} finds "
            "none on this machine. Use device='auto' to take a GPU only when there is "
            f"one. ({str(error).splitlines()[0]})"
        ) from error
    return resolved


def resolve_precision(
    precision: str, device: torch.device, one_batch: bool
) -> Precision:
    """Turn the ``precision`` parameter into dtypes.

    With ``"auto"``, a small training set that fits in one batch is trained in float64
    on a CPU: full-batch descent is deterministic but for rounding, costs next to
    nothing at that size, and in float64 neither the order of the rows nor writing a
    row twice instead of giving it weight two changes the result. Other sets train
    in float32, and under bfloat16 autocast on a GPU that computes in it.

    Parameters
    ----------
    precision : {"auto", "float32", "float64", "bfloat16"}
        The estimator's parameter.
    device : torch.device
        Where the module will live.
    one_batch : bool
        Whether the training set is small and fits in one batch.

    Returns
    -------
    Precision
    """
    if precision == "auto":
        if device.type == "cpu" and one_batch:
            precision = "float64"
        elif device.type == "cuda" and torch.cuda.is_bf16_supported(
            including_emulation=False
        ):
            precision = "bfloat16"
        else:
            precision = "float32"
    if precision == "bfloat16":
        return Precision(torch.float32, torch.bfloat16)
    return Precision(getattr(torch, precision))
