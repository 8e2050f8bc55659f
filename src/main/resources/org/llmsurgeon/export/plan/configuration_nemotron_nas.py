"""Configuration of a Llama whose blocks have sizes of their own, as Llama-Nemotron models have them."""

from transformers import LlamaConfig


class Fields(dict):
    """A JSON object whose fields are attributes too; one that is missing is no attribute."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def fields(value):
    return Fields({key: fields(each) for key, each in value.items()}) if isinstance(value, dict) else value


class PrunedConfig(LlamaConfig):
    model_type = "nemotron-nas"

    def __init__(self, block_configs=None, **kwargs):
        super().__init__(**kwargs)
        self.block_configs = [fields(each) for each in block_configs or []]
