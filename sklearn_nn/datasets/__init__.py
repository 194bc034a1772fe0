"""Data sets: real ones, downloaded once and checked or the user's own; generated ones.

Each function returns a :class:`~sklearn.utils.Bunch`, or the pair ``(data, target)``
with ``return_X_y=True``, and pandas objects with ``as_frame=True``.
"""

from sklearn_nn.datasets._ag_news import fetch_ag_news
from sklearn_nn.datasets._home import get_data_home
from sklearn_nn.datasets._mnist import fetch_mnist
from sklearn_nn.datasets._product_listings import make_product_listings
from sklearn_nn.datasets._products import fetch_products
from sklearn_nn.datasets._two_dimensional import make_checkerboard, make_four_gaussians
from sklearn_nn.datasets._usps import fetch_usps

__all__ = [
    "fetch_ag_news",
    "fetch_mnist",
    "fetch_products",
    "fetch_usps",
    "get_data_home",
    "make_checkerboard",
    "make_four_gaussians",
    "make_product_listings",
]
