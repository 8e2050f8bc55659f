"""Loads a pruned @BASE@ whose blocks have experts and sizes of their own; config.json says which.

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
"""

import copy

from transformers import @BASE@ForCausalLM, @MODEL@

from .pruned_layers import shrink_attention, shrink_feed_forward, value


def of_block(config, block):
    """The configuration as a block has it, for which per_layer_config may override fields."""
    each = getattr(config, "per_layer_config", None)
    if not isinstance(each, dict):
        return config if each is None else each[block]
    own = copy.copy(config)  # transformers before it knew the field
    sizes = {int(key): fields for key, fields in each.items()}.get(block, {})
    for name, size in sizes.items():
        setattr(own, name, size)
    return own


def prune(model, config):
    for block, layer in enumerate(model.layers):
        heads = value(config, block, "num_attention_heads", None)
        shrink_attention(layer, block, heads, value(config, block, "num_key_value_heads", heads))
        name = "mlp" if hasattr(layer, "mlp") else "block_sparse_moe"
        old = getattr(layer, name)
        if hasattr(old, "experts"):
            weight = next(old.parameters())
            new = type(old)(of_block(config, block))
            setattr(layer, name, new.to(weight.device, weight.dtype))
        else:
            shrink_feed_forward(layer, value(config, block, "@NEURONS@", None))


class PrunedModel(@MODEL@):
    def __init__(self, config):
        super().__init__(config)
        prune(self, config)


class PrunedForCausalLM(@BASE@ForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        prune(self.model, config)
