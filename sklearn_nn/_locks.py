"""Locks that do not hang a forked process."""

import os
import threading
import weakref


class ForkSafeLock:
    """A reentrant lock, used by ``with``, that a forked process finds usable.

    A fork copies a lock that another thread holds as held, but not the thread that
    would release it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exception: object) -> None:
        self._lock.release()

    def _renew(self) -> None:
        # What the forking thread holds itself, it will release in the new process.
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = threading.RLock()


_LOCKS: weakref.WeakSet[ForkSafeLock] = weakref.WeakSet()


def _renew_all() -> None:
    for lock in list(_LOCKS):
        lock._renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
