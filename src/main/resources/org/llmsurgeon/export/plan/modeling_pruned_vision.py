"""Loads a pruned @CLASS@ whose blocks have sizes of their own; config.json says which.

    @AUTO@.from_pretrained(folder, trust_remote_code=True)
"""

from transformers import @CLASS@

from .pruned_layers import index, resize, value

# What transformers 5 calls the layers that checkpoints, and transformers 4, call otherwise
NEW = {
    "attention.attention.query": "attention.q_proj",
    "attention.attention.key": "attention.k_proj",
    "attention.attention.value": "attention.v_proj",
    "attention.output.dense": "attention.o_proj",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
}


def shrink(layer, names, heads, neurons):
    parts = {old: layer.get_submodule(new).weight for old, new in names.items()}
    attention = layer.attention if hasattr(layer.attention, "q_proj") else layer.attention.attention
    width = parts["attention.attention.query"].shape[0] // attention.num_attention_heads

    def size(old, **lines):
        parent, _, leaf = names[old].rpartition(".")
        resize(layer.get_submodule(parent), leaf, **lines)

    for old in ("query", "key", "value"):
        size("attention.attention." + old, rows=heads * width)
    size("attention.output.dense", columns=heads * width)
    size("intermediate.dense", rows=neurons)
    size("output.dense", columns=neurons)
    attention.num_attention_heads = heads
    if hasattr(attention, "all_head_size"):
        attention.all_head_size = heads * width


class PrunedVision(@CLASS@):
    def __init__(self, config, *args, **kwargs):
        super().__init__(config, *args, **kwargs)
        model = getattr(self, self.base_model_prefix)
        layers = model.layers if hasattr(model, "layers") else model.encoder.layer
        plain = hasattr(layers[0], "intermediate")
        names = {old: old if plain else new for old, new in NEW.items()}
        for block, layer in enumerate(layers):
            shrink(layer, names, value(config, block, "@HEADS@", None), value(config, block, "@NEURONS@", None))
        indexed = getattr(config, "indexed_linear", None) or {}
        index(layers, {live(name, names): kept for name, kept in indexed.items()})


def live(name, names):
    """The name of a module as it is, of one as checkpoints have it."""
    start, end = name.split("layer.", 1)
    block, _, old = end.partition(".")
    return f"{start}layer.{block}.{names[old]}"
