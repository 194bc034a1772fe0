"""Hugging Face's `Trainer` and `pipeline`, used as their documentation has it."""

import copy
import tempfile
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers
from torch import nn

from sklearn_nn._pretrained.quiet import quiet


class Training(NamedTuple):
    """What both sides train with."""

    model_name: str
    n_classes: int
    max_length: int
    precision: str
    batch_size: int
    lr: float
    weight_decay: float
    warmup: float


class Encoded(torch.utils.data.Dataset):
    """Texts tokenised beforehand, not yet padded."""

    def __init__(self, encoded: dict[str, list], labels: Sequence[int]):
        self.rows = [
            {**{key: values[i] for key, values in encoded.items()}, "labels": label}
            for i, label in enumerate(labels)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.rows[index]


class TokenCount:
    """Counts what passes through the table of words, and what of it is padding.

    It looks at the encoder itself, so that every library is counted in the same way.
    """

    def __init__(self) -> None:
        self.n_places = self.n_tokens = 0
        self.precisions: set[str] = set()

    def __enter__(self) -> "TokenCount":
        self._hook = nn.modules.module.register_module_forward_pre_hook(self._count)
        return self

    def __exit__(self, *exception: object) -> None:
        self._hook.remove()

    def _count(self, module: nn.Module, inputs: tuple) -> None:
        # The tables of places and of segments have no padding.
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            ids = inputs[0]
            self.n_places += ids.numel()
            self.n_tokens += int((ids != module.padding_idx).sum())
            autocasts = torch.is_autocast_enabled("cpu")
            dtype = (
                torch.get_autocast_dtype("cpu") if autocasts else module.weight.dtype
            )
            self.precisions.add(str(dtype).removeprefix("torch."))

    @property
    def padding(self) -> float:
        """Return the share of the places that holds no token."""
        return 1 - self.n_tokens / self.n_places


def check_accelerate() -> None:
    """Say how to install what `Trainer` needs."""
    try:
        import accelerate  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "The comparison with transformers' Trainer needs the package accelerate. "
            "Install it with: pip install accelerate"
        ) from error


def load_tokenizer(model_name: str) -> Any:
    return transformers.AutoTokenizer.from_pretrained(model_name)


def load_classifier(model_name: str, n_classes: int) -> nn.Module:
    """Load an encoder, with a new head."""
    return transformers.AutoModelForSequenceClassification.from_pretrained(
        model_name, num_labels=n_classes, dtype=torch.float32
    )


def train(
    texts: list[str],
    labels: Sequence[int],
    tokenizer: Any,
    training: Training,
    *,
    seed: int,
    strategy: str = "random",
) -> float:
    """Tokenise texts, load the model and train it; return the mean training loss."""
    encoded = tokenizer(texts, truncation=True, max_length=training.max_length)
    with quiet(), tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            use_cpu=True,
            bf16=training.precision == "bfloat16",
            num_train_epochs=1,
            per_device_train_batch_size=training.batch_size,
            train_sampling_strategy=strategy,
            learning_rate=training.lr,
            lr_scheduler_type="linear",
            warmup_steps=training.warmup,
            weight_decay=training.weight_decay,
            max_grad_norm=1.0,
            eval_strategy="no",
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_num_workers=0,
            dataloader_pin_memory=False,
            seed=seed,
        )
        trainer = transformers.Trainer(
            model=load_classifier(training.model_name, training.n_classes),
            args=arguments,
            train_dataset=Encoded(encoded, labels),
            data_collator=transformers.DataCollatorWithPadding(tokenizer),
            processing_class=tokenizer,
        )
        trainer.remove_callback(transformers.trainer_callback.PrinterCallback)
        return trainer.train().training_loss


def same_weights(
    fine_tuned: nn.Module, model_name: str, n_classes: int, dtype: torch.dtype
) -> nn.Module:
    """Put the weights of our fine-tuned module into a model of transformers."""
    with quiet():
        model = load_classifier(model_name, n_classes)
    model.base_model.load_state_dict(fine_tuned.backbone.encoder.state_dict())
    # It includes a layer normalisation, which theirs would lack.
    model.classifier = copy.deepcopy(fine_tuned.head)
    return model.to(dtype).eval()


def probabilities(answers: list[list[dict]]) -> np.ndarray:
    """Turn what a pipeline answers into a matrix, a column for each class."""
    found = np.empty((len(answers), len(answers[0])))
    for row, answer in zip(found, answers, strict=True):
        for one in answer:
            row[int(one["label"].removeprefix("LABEL_"))] = one["score"]
    return found
