"""The layers that files may name: those of :mod:`sklearn_nn.scratch`, and no others."""

import inspect


def public_layers() -> dict[str, type]:
    """Return the layers that :mod:`sklearn_nn.scratch` makes public.

    Returns
    -------
    layers : dict of str -> type
        Their classes by name.

    Examples
    --------
    >>> from sklearn_nn._config_layers import public_layers
    >>> layers = public_layers()
    >>> "Linear" in layers, "Module" in layers, "Adam" in layers
    (True, False, False)
    """
    from sklearn_nn import scratch

    return {
        name: found
        for name, found in vars(scratch).items()
        if name in scratch.__all__
        and inspect.isclass(found)
        and issubclass(found, scratch.Module)
        and found is not scratch.Module
    }
