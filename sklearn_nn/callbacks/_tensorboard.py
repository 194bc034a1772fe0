"""Curves, hyper-parameters and weights for TensorBoard."""

import os
from numbers import Real
from pathlib import Path
from typing import Any

from skorch.callbacks import Callback

from sklearn_nn._training.callbacks import EarlyStopping
from sklearn_nn._training.net import Net

TAGS = {
    "train_loss": "loss/train",
    "valid_loss": "loss/valid",
    "valid_acc": "accuracy/valid",
}


class TensorBoard(Callback):
    """Write what happens in training where TensorBoard finds it.

    For the `callbacks` parameter of a network. Every fit gets a folder of its own,
    ``fit_0001``, ``fit_0002``, ... in `log_dir`, so that the candidates of a search
    stand side by side. `partial_fit`, `warm_start` and fits resumed by
    :class:`Checkpoint` go on in the folder of the fit that they continue.

    Look at them with ``tensorboard --logdir LOG_DIR``: after every epoch the losses,
    the accuracy, the learning rate and what other callbacks before this one recorded
    in the history; at the end the parameters of the estimator beside the final
    figures, which are those of the best epoch with early stopping.

    Parameters
    ----------
    log_dir : path-like
        Folder of all fits; it is made if need be.
    histograms : bool, default=False
        Whether to write a histogram of every weight tensor after every epoch.

    Raises
    ------
    ImportError
        In `fit`, if TensorBoard is not installed.
    TypeError, OSError
        In `fit`, if `log_dir` is no path, or no folder can be made there.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.callbacks import TensorBoard
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = MLPClassifier(callbacks=[TensorBoard(folder)], max_epochs=2)
    ...     for _ in range(2):
    ...         _ = model.fit(X, y)
    ...     sorted(os.listdir(folder))
    ['fit_0001', 'fit_0002']
    """

    folder_: Path | None = None
    writer_: Any = None

    def __init__(self, log_dir: str | os.PathLike, histograms: bool = False):
        self.log_dir = log_dir
        self.histograms = histograms

    def initialize(self) -> "TensorBoard":
        """Check the parameter, and forget the folder of the last fit.

        Returns
        -------
        self : TensorBoard
            The callback itself, as skorch asks.

        Raises
        ------
        TypeError
            If `log_dir` is no path.
        """
        if not isinstance(self.log_dir, str | os.PathLike):
            raise TypeError(
                "The 'log_dir' of TensorBoard must name a folder. Got "
                f"{self.log_dir!r} instead."
            )
        self._close()
        self.folder_ = None
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Fail at once where nothing can be written; close what was left open.

        Parameters
        ----------
        net : skorch.NeuralNet
            The net that is trained.
        X, y : object, default=None
            What skorch hands on; not used.
        **kwargs : dict
            What else skorch hands on; not used.

        Raises
        ------
        ImportError
            If TensorBoard is not installed.
        OSError
            If the folder cannot be made.
        """
        _summary_writer()
        try:
            Path(self.log_dir).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise type(error)(
                error.errno,
                "TensorBoard cannot make the folder 'log_dir' "
                f"({error.strerror}); name another one",
                str(self.log_dir),
            ) from error
        self._close()

    def on_epoch_end(self, net, **kwargs):
        """Write the figures of the epoch.

        Parameters
        ----------
        net : skorch.NeuralNet
            The net that is trained.
        **kwargs : dict
            What else skorch hands on; not used.
        """
        row = net.history[-1]
        writer = self._writer(row["epoch"])
        for name, value in _figures(row).items():
            writer.add_scalar(TAGS.get(name, name), value, row["epoch"])
        if self.histograms:
            for name, parameter in net.module_.named_parameters():
                writer.add_histogram(name, parameter.detach(), row["epoch"])

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Write the parameters beside the final figures.

        Parameters
        ----------
        net : skorch.NeuralNet
            The net that is trained.
        X, y : object, default=None
            What skorch hands on; not used.
        **kwargs : dict
            What else skorch hands on; not used.
        """
        if self.writer_ is None:
            return
        figures = _figures(_final_row(net))
        self.writer_.add_hparams(
            _hyper_parameters(net.plan_.estimator),
            {f"final/{name}": value for name, value in figures.items() if name != "lr"},
            run_name=".",
        )
        self._close()

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep: the folder of this fit.

        Returns
        -------
        state : dict of str to str or None
            The path, under "folder"; None before the first epoch has ended.
        """
        return {"folder": self.folder_ and str(self.folder_)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on in the folder that a checkpoint names.

        Parameters
        ----------
        state : dict of str to str or None
            What :meth:`state_dict` returned.
        """
        self.folder_ = state["folder"] and Path(state["folder"])

    def __getstate__(self) -> dict[str, Any]:
        return {name: v for name, v in vars(self).items() if name != "writer_"}

    def _writer(self, epoch: int) -> Any:
        """Open the folder of this fit when its first epoch has ended."""
        if self.writer_ is None:
            if self.folder_ is None:
                self.folder_ = _new_folder(Path(self.log_dir))
            # What an interrupted fit wrote after its last checkpoint is hidden.
            self.writer_ = _summary_writer()(str(self.folder_), purge_step=epoch)
        return self.writer_

    def _close(self) -> None:
        if self.writer_ is not None:
            self.writer_.close()
        self.writer_ = None


def _summary_writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError(
            "TensorBoard needs the package tensorboard. Install it: pip install "
            "sklearn_nn[track]"
        ) from error
    return SummaryWriter


def _new_folder(log_dir: Path) -> Path:
    """Make the folder of the next fit; two processes never get the same."""
    number = len(list(log_dir.glob("fit_*")))
    while True:
        number += 1
        folder = log_dir / f"fit_{number:04}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def _figures(row: dict[str, Any]) -> dict[str, float]:
    """Return the numbers of an epoch, without what callbacks note for each other."""
    return {
        name: float(value)
        for name, value in row.items()
        if isinstance(value, Real)
        and name not in ("epoch", "dur")
        and not name.endswith(("_batch_count", "_best"))
    }


def _final_row(net: Net) -> dict[str, Any]:
    """Return the epoch whose weights the fit ends with."""
    for _, callback in net.callbacks_:
        if isinstance(callback, EarlyStopping) and callback.best.epoch is not None:
            return net.history[callback.best.epoch - 1]
    return net.history[-1]


def _hyper_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters of the estimator, as texts where they are no numbers."""
    parameters = estimator.get_params(deep=False)
    del parameters["callbacks"]
    return {
        name: value if isinstance(value, bool | int | float | str) else str(value)
        for name, value in parameters.items()
    }
