"""Loads a pruned @BASE@ whose blocks have sizes of their own; config.json says which.

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
"""

from transformers import @BASE@ForCausalLM, @MODEL@

from .pruned_layers import index, shrink, value

NEURONS = "@NEURONS@"


def prune(model, config):
    def sizes(block):
        heads = value(config, block, "num_attention_heads", None)
        return (
            value(config, block, NEURONS, None),
            heads,
            value(config, block, "num_key_value_heads", heads),
        )

    layers = getattr(model, "decoder", model).layers
    shrink(layers, sizes)
    index(layers, getattr(config, "indexed_linear", None) or {})


class PrunedModel(@MODEL@):
    def __init__(self, config):
        super().__init__(config)
        prune(self, config)


class PrunedForCausalLM(@BASE@ForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        prune(self.model, config)
