"""A hash of code that has no lasting name: lambdas, local and notebook code."""

import dis
import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

Describe = Callable[[Any], Any]

SCRIPTS = ("__main__", "__mp_main__")
PLAIN = (
    *(bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset),
    *(Path, np.ndarray, functools.partial),
)
# What Python or the abstract base classes write into every class by themselves.
MADE_BY_PYTHON = (
    "__abstractmethods__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__static_attributes__",
    "__weakref__",
)

# Code that is being described: methods refer to their class, functions to themselves.
_open: ContextVar[tuple[int, ...]] = ContextVar("open", default=())


def is_known_by_name(value: Any) -> bool:
    """Whether a function or class can be imported by its name, in any process."""
    module = sys.modules.get(value.__module__ or "builtins")
    if module is None or module.__name__ in SCRIPTS or module.__spec__ is None:
        return False
    found: Any = module
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return getattr(found, "__func__", found) is value


def code_hash(value: Any, describe: Describe) -> str | None:
    """Return a hash of what a function or class does, equal for the same source.

    Parameters
    ----------
    value : function or class
        It counts with its defaults, the values it closes over, and the functions,
        classes and plain values that it takes from its module.
    describe : callable
        Turns a value into what JSON can hold.

    Returns
    -------
    digest : str or None
        16 hexadecimal digits. None for what is not written in Python.
    """
    if id(value) in _open.get():
        return "itself"
    token = _open.set((*_open.get(), id(value)))
    try:
        if isinstance(value, FunctionType):
            content = _function(value, describe)
        elif isinstance(value, type):
            content = _class(value, describe)
        elif hasattr(value, "__wrapped__"):
            content = describe(value.__wrapped__)
        else:
            return None
    finally:
        _open.reset(token)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _function(function: FunctionType, describe: Describe) -> Any:
    code = function.__code__
    outside = function.__globals__
    used = sorted({name for name in _global_names(code) if name in outside})
    return [
        _instructions(code, describe),
        describe(function.__defaults__),
        describe(function.__kwdefaults__),
        [_closed_over(cell, describe) for cell in function.__closure__ or ()],
        [[name, _part(outside[name], describe)] for name in used],
    ]


def _instructions(code: CodeType, describe: Describe) -> Any:
    """Describe a body without its file, its lines and its place in memory."""
    return [
        code.co_code.hex(),
        code.co_exceptiontable.hex(),
        [
            _instructions(part, describe)
            if isinstance(part, CodeType)
            else describe(part)
            for part in code.co_consts
        ],
        [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars],
        [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount],
        code.co_flags,
    ]


def _global_names(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _global_names(part)


def _closed_over(cell: Any, describe: Describe) -> Any:
    try:
        return describe(cell.cell_contents)
    except ValueError:  # Nothing was assigned to the variable yet.
        return "empty"


def _class(kind: type, describe: Describe) -> Any:
    return [
        [describe(base) for base in kind.__bases__],
        [
            [name, _part(value, describe)]
            for name, value in sorted(vars(kind).items())
            if name not in MADE_BY_PYTHON
        ],
    ]


def _part(value: Any, describe: Describe) -> Any:
    """Describe what a class or a module holds, if it is code or plain data.

    Of anything else, such as a loaded model or an open file, the type has to do.
    """
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, property):
        return [describe(part) for part in (value.fget, value.fset, value.fdel)]
    if isinstance(value, functools.cached_property):
        return describe(value.func)
    if isinstance(value, staticmethod | classmethod):
        return describe(value.__func__)
    if (
        value is None
        or isinstance(value, PLAIN)
        or hasattr(value, "__qualname__")
        or hasattr(value, "get_params")
    ):
        return describe(value)
    return f"{type(value).__module__}.{type(value).__qualname__}"
