"""The BiGRU as it is usually trained: pad to 400, a plain loop, the best of 15 epochs.

Embedding 200 -> dropout 0.1 -> bidirectional GRU, 192 units each way -> attention
(linear score, softmax over time) -> dropout 0.5 -> linear. Adam, learning rate 0.002,
batches of 64.
"""

import copy
import time

import numpy as np
import torch
from torch import nn


class Recipe(nn.Module):
    """The network, reading padding like any other word."""

    def __init__(self, vocabulary_size: int, n_classes: int):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, 200, padding_idx=0)
        self.embedding_dropout = nn.Dropout(0.1)
        self.gru = nn.GRU(200, 192, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(384, 1)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(384, n_classes)

    def forward(self, ids):
        states, _ = self.gru(self.embedding_dropout(self.embedding(ids)))
        weights = self.attention(states).softmax(dim=1)
        return self.output(self.dropout((weights * states).sum(dim=1)))


class RecipeRun:
    """One training of the recipe, an epoch at a time."""

    def __init__(
        self, ids, y, ids_valid, y_valid, vocabulary_size: int, seed: int = 42
    ):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = Recipe(vocabulary_size, len(np.unique(y)))
            self._rng_state = torch.get_rng_state()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.002)
        self.train = torch.from_numpy(ids).long(), torch.from_numpy(y).long()
        self.valid = ids_valid, y_valid
        self.seconds: list[float] = []
        self.valid_accuracy: list[float] = []
        self._best = None

    def epoch(self) -> None:
        """Train one epoch, validate, keep the best weights."""
        started = time.perf_counter()
        # Its own random numbers, so that training beside another net changes neither.
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._rng_state)
            self._train()
            self._rng_state = torch.get_rng_state()
        accuracy = (self.predict(self.valid[0]) == self.valid[1]).mean()
        if self._best is None or accuracy > max(self.valid_accuracy):
            self._best = copy.deepcopy(self.model.state_dict())
        self.valid_accuracy.append(float(accuracy))
        self.seconds.append(time.perf_counter() - started)

    def _train(self) -> None:
        ids, y = self.train
        loss = nn.CrossEntropyLoss()
        self.model.train()
        for batch in torch.randperm(len(ids)).split(64):
            self.optimizer.zero_grad()
            loss(self.model(ids[batch]), y[batch]).backward()
            self.optimizer.step()

    def restore_best(self) -> None:
        """Go back to the epoch with the best validation accuracy."""
        self.model.load_state_dict(self._best)

    def predict(self, ids) -> np.ndarray:
        """Return class codes."""
        self.model.eval()
        with torch.no_grad():
            batches = torch.from_numpy(ids).long().split(256)
            return torch.cat([self.model(b).argmax(1) for b in batches]).numpy()
