"""Finished generations in, a file that survives crashes out; and what is in it already, back.

JSON lines: one object ``{"key": …, "generation": …}`` for each prompt, written and synced as soon
as it is there. A Parquet file cannot grow by lines: it is written in the end, from the lines of a
journal that lies beside it until then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from galai_jupyter.errors import OptionError
from galai_jupyter.generation import Generation

_PARQUET = ".parquet"
_LINE_START = b'{"key": "'


class BatchFile:
    """Where the results of a batch are kept.

    Parameters
    ----------
    path : pathlib.Path
        ``.parquet`` for Parquet; anything else is JSON lines.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    done : dict of str to Generation
        What was found in it, by key.

    Raises
    ------
    OptionError
        If the file holds something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_parquet = path.suffix == _PARQUET
        self._journal = path.with_name(path.name + ".jsonl") if self._is_parquet else path
        self.done: dict[str, Generation] = {}
        if self._is_parquet and path.exists():
            self.done.update(_parse(path, line) for line in _parquet_lines(path))
        if self._journal.exists():
            _mend_last_line(self._journal)
            with self._journal.open(encoding="utf-8") as lines:
                self.done.update(_parse(self._journal, line) for line in lines)
        self._lines: IO[str] | None = None

    def add(self, key: str, generation: Generation) -> Generation:
        """Write one result; return it as it will be read back. It is on the disk then."""
        if self._lines is None:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            self._lines = self._journal.open("a", encoding="utf-8")
        line = _line(key, generation)
        self._lines.write(line)
        self._lines.flush()
        os.fsync(self._lines.fileno())
        _, self.done[key] = _parse(self._journal, line)
        return self.done[key]

    def close(self, complete: bool) -> None:
        """Close the file; a complete Parquet file takes the place of its journal."""
        if self._lines:
            self._lines.close()
        if self._is_parquet and complete and self._journal.exists():
            _write_parquet(self.path, self.done)
            self._journal.unlink()


def _line(key: str, generation: Generation) -> str:
    record = {"key": key, "generation": generation.to_dict()}
    return json.dumps(record, ensure_ascii=False) + "\n"


def _parse(path: Path, line: str) -> tuple[str, Generation]:
    try:
        record = json.loads(line)
        return record["key"], Generation.from_dict(record["generation"])
    except (ValueError, KeyError, TypeError) as error:
        raise _not_ours(path) from error


def _mend_last_line(path: Path) -> None:
    """Cut a last line that a crash has torn; end one that lacks only its newline."""
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        torn = content[whole:]
        if not torn:
            return
        if not torn.startswith(_LINE_START[: len(torn)]):
            raise _not_ours(path)
        try:
            json.loads(torn)
        except ValueError:
            file.truncate(whole)
        else:
            file.write(b"\n")


def _not_ours(path: Path) -> OptionError:
    return OptionError(f"{path} holds something else than results of map: choose another file.")


def _parquet_lines(path: Path) -> Iterator[str]:
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(path, columns=["record"])
    except (OSError, ValueError) as error:  # damaged, or without that column
        raise _not_ours(path) from error
    yield from table.column("record").to_pylist()


def _write_parquet(path: Path, done: dict[str, Generation]) -> None:
    """Write readable columns, and each whole record as JSON; never half a file."""
    import pyarrow
    import pyarrow.parquet as parquet

    columns: dict[str, list[Any]] = {
        "prompt": [each.prompt for each in done.values()],
        "text": [each.text for each in done.values()],
        "finish_reason": [each.finish_reason for each in done.values()],
        "record": [_line(key, each) for key, each in done.items()],
    }
    unfinished = path.with_name(path.name + ".part")
    try:
        parquet.write_table(pyarrow.table(columns), unfinished)
        os.replace(unfinished, path)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()
