"""How likely tokens are: frozen records, in and out of JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class TokenAlternative:
    """A token that could have stood in a place, with its log-probability."""

    id: int
    text: str
    log_probability: float


@dataclass(frozen=True)
class TokenScore:
    """A generated token.

    Attributes
    ----------
    id : int
        Its id.
    text : str
        The text that it completed; ``""`` for a token inside a character.
    log_probability : float
        Natural logarithm of the model's own probability (before temperature or truncation).
    alternatives : tuple of TokenAlternative
        The likeliest tokens in this place, best first; may contain the token itself.
    """

    id: int
    text: str
    log_probability: float
    alternatives: tuple[TokenAlternative, ...] = ()


class Scored:
    """What consists of scored tokens, and how likely it is as a whole.

    Without any token it is certain: sum, mean and minimum are 0, the perplexity is 1.

    Attributes
    ----------
    tokens : tuple of TokenScore
        The tokens in order.
    """

    tokens: tuple[TokenScore, ...]

    @property
    def log_probability(self) -> float:
        """Sum of the tokens' log-probabilities: that of the whole text."""
        return sum(token.log_probability for token in self.tokens)

    @property
    def mean_log_probability(self) -> float:
        """Mean of the tokens' log-probabilities."""
        return self.log_probability / max(1, len(self.tokens))

    @property
    def min_log_probability(self) -> float:
        """Log-probability of the least likely token."""
        return min((token.log_probability for token in self.tokens), default=0.0)

    @property
    def perplexity(self) -> float:
        """Inverse of the tokens' geometric mean probability; 1 is certainty."""
        return math.exp(-self.mean_log_probability)


@dataclass(frozen=True)
class ContinuationScore(Scored):
    """How likely a model finds a given continuation of a prompt.

    Attributes
    ----------
    prompt, continuation : str
        The texts.
    tokens : tuple of TokenScore
        The continuation's tokens; never empty.
    new_doc : bool
        Whether ``</s>`` stood in front of the prompt.
    truncated_tokens : int
        Tokens that were cut from the prompt's left end.
    """

    prompt: str
    continuation: str
    tokens: tuple[TokenScore, ...]
    new_doc: bool = False
    truncated_tokens: int = 0

    def __repr__(self) -> str:
        return (
            f"<ContinuationScore {self.continuation!r}: {len(self.tokens)} tokens, "
            f"perplexity {self.perplexity:.3g}, sum {self.log_probability:.2f}, "
            f"minimum {self.min_log_probability:.2f}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; tokens and alternatives are short lists."""
        return {
            "prompt": self.prompt,
            "continuation": self.continuation,
            "tokens": [token_to_list(token) for token in self.tokens],
            "new_doc": self.new_doc,
            "truncated_tokens": self.truncated_tokens,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the score of :meth:`to_dict`."""
        tokens = tuple(token_from_list(token) for token in values["tokens"])
        return cls(**{**values, "tokens": tokens})


def token_to_list(token: TokenScore) -> list[Any]:
    """Return a token as a short list, JSON-ready."""
    alternatives = [[a.id, a.text, round(a.log_probability, 4)] for a in token.alternatives]
    return [token.id, token.text, round(token.log_probability, 4), alternatives]


def token_from_list(values: list[Any]) -> TokenScore:
    """Return the token of :func:`token_to_list`."""
    token_id, text, log_probability, alternatives = values
    return TokenScore(
        token_id, text, log_probability, tuple(TokenAlternative(*each) for each in alternatives)
    )
