"""The references that may be generated, as token ids, in; the ids that may come next, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class ReferenceTrie:
    """A prefix tree over the token ids of references.

    Parameters
    ----------
    start : int
        Id of the token that opens a reference; outside of one, anything may be generated.
    references : iterable of sequence of int
        What may follow it, each with the token that closes the reference at its end.

    Attributes
    ----------
    children : list of dict of int to int
        For each node, the ids that may follow, with the nodes that they lead to; node 0 is the
        start, and a node without children is the end of a reference.
    """

    def __init__(self, start: int, references: Iterable[Sequence[int]]) -> None:
        self._start = start
        self._depth = 0
        self.children: list[dict[int, int]] = [{}]
        for ids in references:
            self._add(ids)

    def _add(self, ids: Sequence[int]) -> None:
        self._depth = max(self._depth, len(ids))
        node = 0
        for token in ids:
            following = self.children[node]
            if token not in following:
                following[token] = len(self.children)
                self.children.append({})
            node = following[token]

    @property
    def window(self) -> int:
        """How many of a text's last ids tell where it stands in the tree."""
        return self._depth + 1

    def node(self, ids: Sequence[int]) -> int | None:
        """Return the node that a text has reached, or None outside of references.

        Parameters
        ----------
        ids : sequence of int
            The text, or its last `window` ids.
        """
        for begin in range(len(ids) - 1, -1, -1):
            if ids[begin] == self._start:
                break
        else:
            return None
        node: int | None = 0
        for token in ids[begin + 1 :]:
            node = self.children[node].get(token) if node is not None else None
        return node if node is not None and self.children[node] else None

    def certain(self, ids: Sequence[int]) -> list[int]:
        """Return the ids that must follow a text, but for the one that closes the reference."""
        node = self.node(ids)
        found: list[int] = []
        while node is not None and len(self.children[node]) == 1:
            ((token, node),) = self.children[node].items()
            if self.children[node]:
                found.append(token)
        return found
