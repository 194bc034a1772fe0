"""The error of all that goes wrong with a saved model."""


class PersistenceError(ValueError):
    """A model cannot be saved, or a file is no model, or one that is not trusted.

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from sklearn_nn.persistence import PersistenceError, save
    >>> try:
    ...     save(FunctionTransformer(lambda X: X), "model.sknn")
    ... except PersistenceError as error:
    ...     print(error)
    FunctionTransformer cannot be saved: 'func' is the function <lambda>, which is
    code, and only data are saved.
    """
