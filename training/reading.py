"""Prompts in, the loss of a bag of words out: what follows a prompt, whatever the order.

Which title or formula a wording means hangs on a few words in it, and a language model finds that
out slowly: only the first token of a title tells titles apart, and every token of the prompt has
to go through all layers for it. Here one layer reads alone: it sees the prompt's embeddings, and
at the last token it has to name all tokens that follow. That costs little, and it is learnt
before and beside the language modelling, whose other layers put the words in order. To foretell
several tokens at once is the idea of Gloeckle et al. 2024, arXiv:2404.19737.

Measured after 500 steps of a short run with six layers: of citations in wordings never seen 38%
begin rightly instead of 14%, in a ninth more time.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import log_softmax
from transformers import OPTForCausalLM

from training.batches import SHIFTED
from training.corpus import READ, SHARES
from training.tokenizer import PAD, WordSplitter, encode_documents

LAYER = 1
"""The layer that reads. The one before it looks back, from which copying is built."""

ROWS = 128
"""Prompts that are read at once."""

LONGEST = 48
"""Tokens of the longest prompt that is read."""

FOLLOWING = 8
"""Tokens after the prompt that the bag holds."""

FIRST = 1.5
"""Weight of the first of them, which decides how an answer begins; that of the others is one."""


@dataclass(frozen=True)
class Reading:
    """Prompts of one batch: ids [rows, tokens], last [rows], bag [rows, FOLLOWING], and a shift."""

    ids: Tensor
    last: Tensor
    bag: Tensor
    shift: int


class Readings:
    """A seed in, batches of prompts out, by number; each epoch has them in another order."""

    def __init__(self, tokenizer: Tokenizer, seed: int, documents: int, context: int) -> None:
        rng = random.Random(f"{seed}/reading")
        shares = {maker: share for maker, share in SHARES.items() if maker in READ}
        drawn = rng.choices(list(shares), list(shares.values()), k=documents)
        encoded = encode_documents(
            tokenizer, [maker(rng) for maker in drawn], WordSplitter(tokenizer, rng)
        )
        self._seed, self._context = seed, context
        self._pairs: list[tuple[list[int], list[int]]] = []
        for item in encoded:
            size = item.learned.index(True)
            if 0 < size <= LONGEST:
                self._pairs.append((item.ids[:size], item.ids[size : size + FOLLOWING]))
        self._epoch = lru_cache(maxsize=1)(self._shuffled)

    def __getitem__(self, number: int) -> Reading:
        """Return batch `number`, of which there is no end."""
        epoch, index = divmod(number, max(1, len(self._pairs) // ROWS))
        rows = self._epoch(epoch)[index]
        longest = max(len(prompt) for prompt, _ in rows)
        rng = random.Random(f"{self._seed}/{number}/shift")
        return Reading(
            _padded([prompt for prompt, _ in rows], -(-longest // 8) * 8),
            torch.tensor([len(prompt) - 1 for prompt, _ in rows]),
            _padded([bag for _, bag in rows], FOLLOWING),
            rng.randrange(self._context - longest - 8) if rng.random() < SHIFTED else 0,
        )

    def _shuffled(self, epoch: int) -> list[list[tuple[list[int], list[int]]]]:
        """Return the batches of an epoch; prompts of one batch are about equally long."""
        rng = random.Random(f"{self._seed}/{epoch}/reading")
        pairs = rng.sample(self._pairs, len(self._pairs))
        size = 16 * ROWS
        batches = []
        for start in range(0, len(pairs), size):
            block = sorted(pairs[start : start + size], key=lambda pair: len(pair[0]))
            batches += [block[index : index + ROWS] for index in range(0, len(block), ROWS)]
        rng.shuffle(batches)
        return batches


def _padded(rows: list[list[int]], width: int) -> Tensor:
    padded = torch.full((len(rows), width), PAD)
    for line, row in zip(padded, rows, strict=True):
        line[: len(row)] = torch.tensor(row)
    return padded


def read(model: OPTForCausalLM, reading: Reading) -> Tensor:
    """Return the logits [rows, vocabulary] of a model that has no layer but `LAYER`.

    Keys and values are those of all tokens; everything else happens at the last one alone.
    """
    decoder = model.model.decoder
    layer, attention = decoder.layers[LAYER], decoder.layers[LAYER].self_attn
    rows, tokens = reading.ids.shape
    start = decoder.embed_positions.offset + reading.shift
    positions = decoder.embed_positions.weight[start : start + tokens]
    hidden = decoder.embed_tokens(reading.ids) + positions
    normal = layer.self_attn_layer_norm(hidden)
    each = torch.arange(rows)

    def split(states: Tensor) -> Tensor:
        return states.view(*states.shape[:-1], attention.num_heads, attention.head_dim)

    query = split(attention.q_proj(normal[each, reading.last]) * attention.scaling)
    key, value = split(attention.k_proj(normal)), split(attention.v_proj(normal))
    weights = (query[:, None] * key).sum(-1).float()
    later = torch.arange(tokens) > reading.last[:, None]
    weights = weights.masked_fill(later[..., None], -math.inf).softmax(1)
    found = (weights[..., None] * value).sum(1).flatten(1)
    hidden = hidden[each, reading.last] + attention.out_proj(found)
    inner = layer.activation_fn(layer.fc1(layer.final_layer_norm(hidden)))
    logits: Tensor = model.lm_head(decoder.final_layer_norm(hidden + layer.fc2(inner)))
    return logits


def reading_loss(model: OPTForCausalLM, reading: Reading) -> Tensor:
    """Return the mean negative log-likelihood (nats) of the tokens in the bags."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = read(model, reading)
    weights = reading.bag.ne(PAD).float()
    weights[:, 0] *= FIRST
    likely = log_softmax(logits.float(), -1).gather(1, reading.bag)
    return -(likely * weights).sum() / weights.sum()
