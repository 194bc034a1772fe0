"""Which words of a text speak for a class."""

from functools import partial
from numbers import Integral
from typing import Any, Literal

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_nn._texts import check_texts

from ._explained_model import (
    batched_probabilities,
    fitted_classifier,
    target_codes,
)
from ._explanation import Explanations, TextExplanation
from ._words import summed_by_word, words_of

CALLER = "explain_text"


@validate_params(
    {
        "method": [
            StrOptions({"lime", "occlusion", "integrated_gradients", "attention"})
        ],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=False,
)
def explain_text(
    estimator: Any,
    texts: Any,
    *,
    method: Literal["lime", "occlusion", "integrated_gradients", "attention"] = "lime",
    target: Any = None,
    n_samples: int = 1000,
    n_steps: int = 50,
    random_state: Any = None,
    batch_size: int = 256,
) -> "Explanations[TextExplanation]":
    """Weigh the words of texts by what they do for a class.

    A word is what stands between white space, without the punctuation around it, and
    each occurrence has a weight of its own: what is nothing but punctuation has none,
    and of scripts without spaces (Chinese, Japanese, Thai) a whole clause is one word.
    With all methods but attention, a weight is a share of the probability of the class:
    above zero where the word speaks for it. Parameters of other methods are ignored.

    Parameters
    ----------
    estimator : classifier
        Fitted, on raw texts, with ``predict_proba``: one of this package, a pipeline,
        or a search, of which the best model is explained.
    texts : array-like of str of shape (n_samples,)
        What to explain.
    method : {"lime", "occlusion", "integrated_gradients", "attention"}, default="lime"
        - ``"lime"``: a linear model [1]_ of the probabilities of texts that lack a
          random part of their words; of a short text, every part. For any classifier.
        - ``"occlusion"``: how far the probability falls when one word is taken out
          [2]_. For any classifier.
        - ``"integrated_gradients"``: the gradient of the probability by the vectors of
          the tokens, integrated from as many of padding to the text [3]_. For
          `TransformerClassifier`, and for networks of this package right behind a
          `SequenceVectorizer` (from zero to the weights of the terms: behind a
          `TfidfVectorizer` or `CountVectorizer` of words).
        - ``"attention"``: how much the network attends to each token, whatever the
          class: the attention of a `BiGRUClassifier` [4]_ right behind a
          `SequenceVectorizer`, or the rollout [5]_ of the layers of a
          `TransformerClassifier`. It tells where a network looks, not for what a
          word speaks.
    target : label or array-like of labels, default=None
        The class to explain: one for all texts, or one a text. None is the class that
        the model predicts.
    n_samples : int, default=1000
        Texts with words missing that ``"lime"`` asks the model about, for each text, at
        most. Long texts need more: several times their number of words.
    n_steps : int, default=50
        Steps of ``"integrated_gradients"`` on the way to the text.
    random_state : int, RandomState instance or None, default=None
        Draws what ``"lime"`` leaves out: with the same seed the same of a text,
        whichever others are explained with it.
    batch_size : int, default=256
        Texts that the model gets at a time.

    Returns
    -------
    explanations : Explanations
        A sequence with a :class:`TextExplanation` a text, a method ``to_frame()`` and
        one to draw them, ``plot(row)``.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it has no ``predict_proba``, or a text is not a string.
    ValueError
        If `texts` is empty, `target` holds an unknown label, or the method does not
        fit the estimator; the message names those that do.
    ImportError
        If lime or captum is missing (``pip install sklearn_nn[explain]``).

    See Also
    --------
    explanation_agreement : Compare what two models, or two methods, say.
    AttentionDisplay : Draw a text with its weights.

    Notes
    -----
    Gradients and attention belong to the text that reaches the vectoriser: if earlier
    steps of a pipeline change it, an explanation holds the changed text. Gradients are
    computed in the precision of the network's weights, float32 where it autocasts to
    bfloat16. The weights of a word's tokens are summed. What truncation cuts off weighs
    nothing, but for ``"lime"``: where words are missing, others move in. The network
    and torch's generators stay as they were; as by every prediction, it is set to
    evaluate.

    References
    ----------
    .. [1] M. T. Ribeiro, S. Singh, C. Guestrin, "Why Should I Trust You?: Explaining
       the Predictions of Any Classifier", KDD, 2016.
    .. [2] J. Li, W. Monroe, D. Jurafsky, "Understanding Neural Networks through
       Representation Erasure", 2016. `arXiv:1612.08220
       <https://arxiv.org/abs/1612.08220>`_
    .. [3] M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep
       Networks", ICML, 2017.
    .. [4] Z. Yang, D. Yang, C. Dyer, X. He, A. Smola, E. Hovy, "Hierarchical
       Attention Networks for Document Classification", NAACL, 2016.
    .. [5] S. Abnar, W. Zuidema, "Quantifying Attention Flow in Transformers", ACL,
       2020.

    Examples
    --------
    >>> from sklearn_nn.inspection import explain_text
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> texts = ["a red car", "a car, an engine", "green tea", "tea with milk"]
    >>> model = TfidfLinearSVC().fit(texts, ["cars", "cars", "drinks", "drinks"])
    >>> of_texts = explain_text(model, ["milk, not a car"], method="occlusion")
    >>> of_texts.to_frame().round(2)
       row  word  start  end  weight
    0    0  milk      0    4   -0.10
    1    0   not      6    9    0.00
    2    0     a     10   11    0.00
    3    0   car     12   15    0.09
    >>> of_texts[0].target
    'cars'
    """
    model = fitted_classifier(estimator, CALLER)
    texts = check_texts(texts, caller=CALLER)
    ask = partial(batched_probabilities, model, batch_size=batch_size)
    rows = np.array(texts, dtype=object)
    probabilities = ask(rows)
    classes = np.asarray(model.classes_)
    codes = target_codes(target, model, rows, batch_size)
    if method in ("lime", "occlusion"):
        shown, spans = texts, [words_of(text) for text in texts]
        weights = _perturbed(
            texts,
            spans,
            codes,
            method=method,
            ask=ask,
            probabilities=probabilities,
            n_samples=n_samples,
            random_state=random_state,
            batch_size=batch_size,
        )
    else:
        shown, spans, weights = _read(model, texts, codes, method, n_steps, batch_size)
    return Explanations(
        [
            TextExplanation(
                text=text,
                words=tuple(text[start:end] for start, end in of_text.tolist()),
                starts=of_text[:, 0],
                ends=of_text[:, 1],
                weights=found,
                target=classes.tolist()[code],
                probability=float(of_classes[code]),
                method=method,
                classes=classes,
                given=given,
            )
            for given, text, of_text, found, code, of_classes in zip(
                texts, shown, spans, weights, codes, probabilities, strict=True
            )
        ]
    )


def _perturbed(
    texts: list[str],
    spans: list[np.ndarray],
    codes: list[int],
    *,
    method: str,
    ask: Any,
    probabilities: np.ndarray,
    n_samples: int,
    random_state: Any,
    batch_size: int,
) -> list[np.ndarray]:
    from ._text_perturbation import lime, occlusion

    if method == "occlusion":
        return occlusion(texts, spans, codes, ask, probabilities, batch_size)
    if random_state is None:
        # check_random_state would hand out NumPy's global generator: it is not ours.
        seed = int(np.random.SeedSequence().generate_state(1)[0])
    else:
        seed = check_random_state(random_state).randint(2**31)
    return list(lime(texts, spans, codes, ask, n_samples, seed))


def _read(
    model: Any,
    texts: list[str],
    codes: list[int],
    method: str,
    n_steps: int,
    batch_size: int,
) -> tuple[list[str], list[np.ndarray], list[np.ndarray]]:
    """Explain by what a network does inside, text by text."""
    from ._text_readers import attention_reader, gradient_reader

    by_attention = method == "attention"
    reader = (attention_reader if by_attention else gradient_reader)(model)
    shown = reader.prepared(texts)
    spans = [words_of(text) for text in shown]
    weights = []
    for text, of_text, code in zip(shown, spans, codes, strict=True):
        tokens, found = (
            reader.attention(text)
            if by_attention
            else reader.gradients(text, code, n_steps, batch_size)
        )
        weights.append(summed_by_word(of_text, tokens, found.tolist()))
    return shown, spans, weights
