"""A transformers model and prompts in, scored token ids out: the decoding strategies."""

from galai_jupyter.engines.decoding.beam import beam_search
from galai_jupyter.engines.decoding.sampling import sample

__all__ = ["beam_search", "sample"]
