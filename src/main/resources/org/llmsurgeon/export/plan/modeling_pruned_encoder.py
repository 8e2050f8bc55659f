"""Loads a pruned @CLASS@ whose blocks have sizes of their own; config.json says which.

    @AUTO@.from_pretrained(folder, trust_remote_code=True)
"""

from transformers import @CLASS@

from .pruned_layers import index, resize, value


def shrink_attention(attention, heads):
    inner = getattr(attention, "self", attention)
    rows = heads * inner.attention_head_size
    names = ("query", "key", "value") if hasattr(inner, "query") else ("q_lin", "k_lin", "v_lin")
    for name in names:
        resize(inner, name, rows=rows)
    if hasattr(inner, "out_lin"):
        resize(inner, "out_lin", columns=rows)
    else:
        resize(attention.output, "dense", columns=rows)
    for name, size in (("num_attention_heads", heads), ("n_heads", heads), ("all_head_size", rows)):
        if hasattr(inner, name):
            setattr(inner, name, size)


def shrink_feed_forward(layer, neurons):
    if hasattr(layer, "ffn"):
        resize(layer.ffn, "lin1", rows=neurons)
        resize(layer.ffn, "lin2", columns=neurons)
    else:
        resize(layer.intermediate, "dense", rows=neurons)
        resize(layer.output, "dense", columns=neurons)


class PrunedEncoder(@CLASS@):
    def __init__(self, config, *args, **kwargs):
        super().__init__(config, *args, **kwargs)
        model = getattr(self, self.base_model_prefix, self)
        layers = model.transformer.layer if hasattr(model, "transformer") else model.encoder.layer
        for block, layer in enumerate(layers):
            shrink_attention(layer.attention, value(config, block, "@HEADS@", None))
            shrink_feed_forward(layer, value(config, block, "@NEURONS@", None))
        index(layers, getattr(config, "indexed_linear", None) or {})
