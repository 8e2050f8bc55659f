"""Loads a pruned @BASE@ whose blocks have sizes of their own; config.json says which.

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
"""

from transformers import @CLASS@, @MODEL@

from .pruned_layers import index, share_names, shrink, value

NEURONS = "@NEURONS@"
HEADS = "@HEADS@"


def prune(model, config):
    def sizes(block):
        heads = value(config, block, HEADS, None)
        return (
            value(config, block, NEURONS, 4 * config.hidden_size),
            heads,
            value(config, block, "num_key_value_heads", heads),
        )

    inner = getattr(model, "decoder", model)
    layers = inner.h if hasattr(inner, "h") else inner.layers
    shrink(layers, sizes)
    index(layers, getattr(config, "indexed_linear", None) or {})


class PrunedModel(@MODEL@):
    def __init__(self, config):
        super().__init__(config)
        prune(self, config)


class PrunedForCausalLM(@CLASS@):
    def __init__(self, config):
        super().__init__(config)
        prune(self.base_model, config)
        share_names(self)
