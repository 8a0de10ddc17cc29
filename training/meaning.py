"""Documents in, first embeddings of their tokens out: those that occur together lie close.

A wording and the title that it means share documents, so latent semantic analysis (Deerwester et
al. 1990) of which tokens occur together shows much of what a short training would spend its first
part on. Measured after 200 steps of a short run: the loss of citations was 3.91 instead of 4.78.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.documents import Document
from training.tokenizer import WordSplitter, encode_documents

LENGTH = 0.84
"""Length of the meaning in an embedding. At 0.23 citations gain a quarter as much."""

KNOWN = 0.7
"""Share of the squared length that the random part of an embedding gives up for its meaning. The
rest keeps tokens apart that occur in the same documents."""

COMMON = 0.02
"""Share of documents above which a token's meaning is shortened, by the square root: what occurs
everywhere means little, and sums need digits that are easy to tell apart."""

_BLOCK = 4096
"""Documents that are counted at once."""


def meanings(
    tokenizer: Tokenizer, documents: Sequence[Document], width: int, seed: int = 0
) -> Tensor:
    """Return a vector for each token: of length one, or less if the token is common.

    The vectors come from the largest singular values of the positive pointwise mutual information
    of tokens in one document (Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix
    Factorization").

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        The model's.
    documents : sequence of Document
        A sample of the corpus.
    width : int
        Size of the vectors.
    seed : int
        Decides where words are cut in pieces.

    Returns
    -------
    torch.Tensor
        Shape [tokens, width]; zero for tokens that occur in hardly any document, or in most.
    """
    splitter = WordSplitter(tokenizer, random.Random(seed))
    rows = [sorted({*item.ids}) for item in encode_documents(tokenizer, documents, splitter)]
    size = tokenizer.get_vocab_size()
    often = torch.tensor(list(chain.from_iterable(rows))).bincount(minlength=size) / len(rows)
    left, strength, _ = torch.svd_lowrank(_information(_together(rows, size)), q=width, niter=4)
    vectors = left * strength.sqrt()
    vectors = torch.nn.functional.normalize(vectors - vectors[often > 0].mean(0))
    length = (COMMON / often).sqrt().clamp(max=1.0)
    return vectors * length.where((often > 0) & (length > 0.5), 0.0)[:, None]


def _together(rows: Sequence[Sequence[int]], size: int) -> Tensor:
    """Count in how many rows two tokens occur: shape [tokens, tokens]."""
    counts = torch.zeros(size, size)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        present = torch.zeros(len(block), size)
        for mark, ids in zip(present, block, strict=True):
            mark[ids] = 1.0
        counts.addmm_(present.T, present)
    return counts.fill_diagonal_(0.0)


def _information(counts: Tensor) -> Tensor:
    """Positive pointwise mutual information; that of rare pairs is damped, as it may be chance."""
    often = counts.sum(1)
    expected = (often[:, None] * often[None, :] / counts.sum()).clamp(min=1e-9)
    return (counts / expected).clamp(min=1.0).log_() * (counts / (counts + 1.0))


def begin_with(embeddings: Tensor, vectors: Tensor) -> None:
    """Add `vectors` to the random `embeddings`, which give way to them; both [tokens, width]."""
    length = vectors.norm(dim=1, keepdim=True)
    embeddings.mul_((1 - KNOWN * length**2).sqrt()).add_(vectors, alpha=LENGTH)
