"""In which precision an encoder computes."""

from typing import Any

import torch

from sklearn_nn._training.device import Precision, resolve_precision


def has_fast_bfloat16(device: torch.device) -> bool:
    """Say whether a device multiplies in bfloat16 faster than in float32.

    Parameters
    ----------
    device : torch.device
        A CPU needs the instructions for it (AVX512-BF16 or AMX), a GPU cores made
        for it; without them bfloat16 is only emulated.

    Returns
    -------
    bool
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    # Older torch cannot say.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def encoder_precision(precision: str, device: torch.device) -> Precision:
    """Turn the ``precision`` parameter into dtypes.

    Parameters
    ----------
    precision : {"auto", "float32", "float64", "bfloat16"}
        The estimator's parameter; ``"auto"`` is bfloat16 where it is fast.
    device : torch.device
        Where the encoder will live.

    Returns
    -------
    Precision
    """
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return resolve_precision(precision, device, one_batch=False)
