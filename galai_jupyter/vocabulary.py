"""The tables of options, commands, tasks and tokens in; what an editor needs of them out."""

from __future__ import annotations

from typing import Any

from galai_jupyter import catalog
from galai_jupyter.commands import COMMANDS, SHORTHANDS
from galai_jupyter.options import OPTIONS
from galai_jupyter.prompts import TASKS
from galai_jupyter.strategies import STRATEGIES
from galai_jupyter.tokens import SPECIAL_TOKENS


def vocabulary() -> dict[str, Any]:
    """Return all words of the first line of a cell and all special tokens, as JSON holds them.

    Returns
    -------
    dict
        ``options``: one record for each flag; ``commands``, ``tasks``, ``strategies``,
        ``models`` and ``special_tokens``: lists.
    """
    return {
        "options": [
            {
                "name": option.name,
                "flag": option.flag,
                "group": option.group,
                "help": option.help,
                "type": option.type.__name__,
                "default": option.default,
                "minimum": option.minimum,
                "maximum": option.maximum,
                "choices": list(option.choices),
            }
            for option in OPTIONS.values()
        ],
        "commands": [
            {
                "name": name,
                "usage": command.usage,
                "help": command.help,
                "takes_cell": command.takes_cell,
            }
            for name, command in COMMANDS.items()
        ],
        "shorthands": dict(SHORTHANDS),
        "tasks": list(TASKS),
        "strategies": list(STRATEGIES),
        "models": list(catalog.names()),
        "special_tokens": list(SPECIAL_TOKENS),
    }
