"""Networks of numbers, whose features are the terms of a text."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ._explained_model import explain_package
from ._module_twins import module_of, twin_of
from ._text_reader import TextReader
from ._words import Span, by_white_space


class FeatureReader(TextReader):
    """A network of numbers behind a CountVectorizer or TfidfVectorizer of words."""

    def __init__(self, steps: list[Any], vectorizer: Any, estimator: Any):
        super().__init__(steps, estimator)
        self.vectorizer = vectorizer

    def gradients(self, text, code, n_steps, batch_size):
        """Integrate by the features of a text; an n-gram is shared by its words."""
        attr = explain_package("captum.attr", 'method="integrated_gradients"')
        row = self.vectorizer.transform([text])
        columns = row.indices
        if not len(columns):
            return [], np.zeros(0)
        module, device, dtype = module_of(self.estimator.net_)
        twin = twin_of(module)
        known = torch.from_numpy(columns.astype(np.int64)).to(device)

        def probabilities(present: Tensor) -> Tensor:
            x = present.new_zeros(len(present), row.shape[1])
            return twin(x.index_copy(1, known, present)).softmax(1)

        by_feature = attr.IntegratedGradients(probabilities).attribute(
            torch.from_numpy(row.data).to(device, dtype)[None],
            target=code,
            n_steps=n_steps,
            internal_batch_size=batch_size,
        )
        weights = dict(zip(columns.tolist(), by_feature[0].tolist(), strict=True))
        return self._shared(text, weights)

    def _shared(self, text: str, weights: dict[int, float]):
        """Share the weight of each feature by all tokens that it is made of."""
        tokens = self._tokens(text)
        shortest, longest = self.vectorizer.ngram_range
        places: dict[int, list[int]] = {column: [] for column in weights}
        for n in range(shortest, longest + 1):
            for start in range(len(tokens) - n + 1):
                words = [word for _, word in tokens[start : start + n]]
                column = self.vectorizer.vocabulary_.get(" ".join(words))
                if column in places:
                    places[column] += range(start, start + n)
        if not all(places.values()):
            raise ValueError(
                f"The tokens of this {type(self.vectorizer).__name__} are not found in "
                "the text: its tokenizer or preprocessor joins what white space "
                "separates. method='lime' and method='occlusion' do without."
            )
        shares = np.zeros(len(tokens))
        for column, where in places.items():
            np.add.at(shares, where, weights[column] / len(where))
        return [span for span, _ in tokens], shares

    def _tokens(self, text: str) -> list[tuple[Span, str]]:
        prepare = self.vectorizer.build_preprocessor()
        split = self.vectorizer.build_tokenizer()
        left_out = self.vectorizer.get_stop_words() or ()
        return [
            (span, token)
            for span, part in by_white_space(text)
            for token in split(prepare(part))
            if token not in left_out
        ]
