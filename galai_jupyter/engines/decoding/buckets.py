"""Lengths of prompts in; the batches that they are best run in out."""

from __future__ import annotations

from collections.abc import Sequence

_MOST_ROWS = 64
"""Rows of a batch at most: a processor is busy with fewer, and more wait for the longest."""


def buckets(
    lengths: Sequence[int], new_tokens: int, width: int, room: int, step_cost: int
) -> list[list[int]]:
    """Share prompts out over batches of similar lengths, so that least is computed in vain.

    A batch costs a place for each row and column of its prompts, padding included, and for each
    new token one reading of the weights. The cheapest division of the prompts, sorted by length,
    is found by dynamic programming.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each prompt.
    new_tokens : int
        Tokens that each will get at most.
    width : int
        Rows that each prompt takes: its beams or sequences.
    room : int
        Places that fit into memory, new tokens included; a prompt alone is always run.
    step_cost : int
        How many places could be computed while the weights are read once.

    Returns
    -------
    list of list of int
        The prompts of each batch; longest first, so that what does not fit fails at once.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    most = max(1, _MOST_ROWS // width)
    cheapest, begins = [0], [0]
    for end in range(1, len(order) + 1):
        options = []
        for begin in range(end - 1, max(0, end - most) - 1, -1):
            rows, longest = end - begin, lengths[order[begin]]
            if rows > 1 and rows * width * (longest + new_tokens) > room:
                break
            cost = rows * longest + new_tokens * step_cost
            options.append((cheapest[begin] + cost, begin))
        cost, begin = min(options)
        cheapest.append(cost)
        begins.append(begin)
    found = []
    end = len(order)
    while end:
        found.append(order[begins[end] : end])
        end = begins[end]
    return found[::-1]
