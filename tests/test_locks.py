"""A process that forks while another of its threads holds a lock."""

import gc
import os
import signal
import threading
import warnings
import weakref
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from sklearn_nn import _locks
from sklearn_nn._locks import ForkSafeLock
from sklearn_nn._pretrained import frozen, quiet
from sklearn_nn._pretrained.cache import FeatureMemory
from sklearn_nn._training import seeding


@contextmanager
def held(lock):
    """Let another thread hold a lock in the block."""
    taken, enough = threading.Event(), threading.Event()

    def hold():
        with lock:
            taken.set()
            enough.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert taken.wait(10)
        yield
    finally:
        enough.set()
        thread.join()


def succeeds_in_a_fork(use):
    """Call a function in a forked process that has ten seconds for it."""
    with warnings.catch_warnings():
        # Python warns of what is tested here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(10)
            use()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def memory_case():
    memory = FeatureMemory()
    memory.put([b"a"], np.zeros((1, 3), dtype=np.float32))

    def use():
        assert len(memory.get([b"a"])) == 1

    return memory._lock, use


def frozen_case():
    def use():
        assert frozen.loaded("nobody's key", lambda: "new") == "new"

    return frozen._LOCK, use


def quiet_case():
    def use():
        with quiet.quiet():
            pass

    use()
    return quiet._LOADING, use


def seeding_case():
    def use():
        with seeding.private_seed(0, torch.device("cpu")):
            assert torch.default_generator.initial_seed() == 0

    return seeding._GENERATOR_LOCK, use


@pytest.mark.parametrize("case", [memory_case, frozen_case, quiet_case, seeding_case])
def test_a_forked_process_does_not_wait_for_a_thread_it_has_not(case):
    lock, use = case()
    with held(lock):
        assert succeeds_in_a_fork(use)


def test_an_ordinary_lock_hangs_the_forked_process():
    lock = threading.RLock()

    def use():
        assert lock.acquire(timeout=0.1)

    with held(lock):
        assert not succeeds_in_a_fork(use)


def test_the_lock_stays_held_where_the_fork_took_place():
    lock = ForkSafeLock()
    with held(lock):
        assert succeeds_in_a_fork(lambda: None)
        assert not is_free(lock)
    assert is_free(lock)


def test_who_forks_with_the_lock_in_hand_still_has_it_there():
    lock = ForkSafeLock()

    def use():
        assert not is_free(lock)
        lock.__exit__()
        assert not is_free(lock)
        lock.__exit__()
        assert is_free(lock)

    with lock, lock:
        assert succeeds_in_a_fork(use)
    assert is_free(lock)


def is_free(lock):
    """Tell whether another thread could take a lock at once."""
    answers = []

    def ask():
        answers.append(lock._lock.acquire(blocking=False))
        if answers[0]:
            lock._lock.release()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return answers[0]


def test_locks_die_with_their_owners():
    memory = FeatureMemory()
    lock = weakref.ref(memory._lock)
    assert lock() in _locks._LOCKS
    del memory
    gc.collect()
    assert lock() is None
