"""Neural networks as scikit-learn estimators."""

from sklearn_nn.neural_network._autoencoder import AutoencoderTransformer
from sklearn_nn.neural_network._bigru import BiGRUClassifier
from sklearn_nn.neural_network._cnn import CNNClassifier, CNNRegressor
from sklearn_nn.neural_network._mlp import MLPClassifier, MLPRegressor
from sklearn_nn.neural_network._moe import MoEClassifier, MoERegressor
from sklearn_nn.neural_network._text_cnn import TextCNNClassifier
from sklearn_nn.neural_network._timm import TimmClassifier
from sklearn_nn.neural_network._timm_encoder import TimmEncoder
from sklearn_nn.neural_network._transformer import TransformerClassifier
from sklearn_nn.neural_network._transformer_encoder import TransformerEncoder

__all__ = [
    "AutoencoderTransformer",
    "BiGRUClassifier",
    "CNNClassifier",
    "CNNRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "MoEClassifier",
    "MoERegressor",
    "TextCNNClassifier",
    "TimmClassifier",
    "TimmEncoder",
    "TransformerClassifier",
    "TransformerEncoder",
]
