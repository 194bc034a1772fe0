"""What an encoder can read: any length, or no texts at all."""

import numpy as np
import pytest
import transformers

from sklearn_nn._pretrained.limits import check_max_length, n_positions
from sklearn_nn._pretrained.tokens import token_matrix
from tests.pretrained.encoders import WORDS, make_tokenizer

ALL_WORDS = ["<unk>", "<s>", "</s>", "<pad>", *WORDS]


def test_an_encoder_without_a_limit(tmp_path):
    config = transformers.XLNetConfig(
        vocab_size=len(ALL_WORDS), d_model=16, n_layer=1, n_head=2, d_inner=32
    )
    # This is how XLNet says that it counts no positions.
    assert config.max_position_embeddings == -1
    config.save_pretrained(tmp_path)
    make_tokenizer(ALL_WORDS).save_pretrained(tmp_path)
    assert n_positions(tmp_path) is None
    check_max_length(tmp_path, None, 100_000)
    ids = token_matrix(["tea " * 3000], tmp_path, max_length=100_000)
    np.testing.assert_array_equal((ids > 0).sum(axis=1), [3002])
    with pytest.raises(ValueError, match="Set max_length=3 or more"):
        check_max_length(tmp_path, None, 2)


@pytest.mark.parametrize("tokenizer", [False, True])
def test_a_model_of_images_is_named_as_such(tmp_path, tokenizer):
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=8,
        patch_size=4,
    )
    transformers.ViTModel(config).save_pretrained(tmp_path)
    if tokenizer:
        make_tokenizer(ALL_WORDS).save_pretrained(tmp_path)
    message = r"^model_name=.* is no model of texts.*ViTConfig.*TimmClassifier"
    with pytest.raises(ValueError, match=message):
        token_matrix(["tea"], tmp_path)
    with pytest.raises(ValueError, match=message):
        check_max_length(tmp_path, None, 20)
