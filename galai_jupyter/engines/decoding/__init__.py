"""A transformers model and prompts in, scored token ids out: the decoding strategies."""

from galai_jupyter.engines.decoding.batch import score_continuation
from galai_jupyter.engines.decoding.decode import decode
from galai_jupyter.engines.decoding.strategy import continue_prompts

__all__ = ["continue_prompts", "decode", "score_continuation"]
