"""Loads a pruned Llama whose blocks have sizes of their own; block_configs in config.json says which.

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
"""

from torch import nn
from transformers import LlamaForCausalLM, LlamaModel

from .configuration_nemotron_nas import PrunedConfig
from .pruned_layers import shrink


def prune(model, config):
    def sizes(block):
        own = config.block_configs[block]
        heads = 0 if own.attention.no_op else config.num_attention_heads
        groups = 0 if own.attention.no_op else heads // own.attention.n_heads_in_group
        return 0 if own.ffn.no_op else own.ffn.intermediate_size, heads, groups

    shrink(model.layers, sizes)
    for block, layer in enumerate(model.layers):
        neurons, heads, _ = sizes(block)
        if heads == 0:
            layer.input_layernorm = nn.Identity()
        if neurons == 0:
            layer.post_attention_layernorm = nn.Identity()


class PrunedModel(LlamaModel):
    config_class = PrunedConfig

    def __init__(self, config):
        super().__init__(config)
        prune(self, config)


class PrunedForCausalLM(LlamaForCausalLM):
    config_class = PrunedConfig

    def __init__(self, config):
        super().__init__(config)
        prune(self.model, config)
