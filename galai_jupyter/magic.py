"""Cells and lines that begin with ``galactica`` in; generations and answers, shown, out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool

from galai_jupyter import comm, commands, completion, prompts
from galai_jupyter.bibliography.checking import suggest
from galai_jupyter.citing import CITE, citing_options
from galai_jupyter.display import BUNDLES, Result, ResultFormatter
from galai_jupyter.errors import GalacticaError, Interrupted, OptionError
from galai_jupyter.flags import parse_flags
from galai_jupyter.input_transforms import GALACTICA_TRANSFORMS, split_target
from galai_jupyter.options import (
    OPTIONS,
    CiteOptions,
    CompareOptions,
    DisplayOptions,
    GenerationOptions,
    PromptOptions,
    build_options,
)
from galai_jupyter.preload import Preloader
from galai_jupyter.prompts import Prompt, build_prompt
from galai_jupyter.runner import Runner
from galai_jupyter.session import get_session
from galai_jupyter.strategies import STRATEGY_OPTIONS, parse_decodings
from galai_jupyter.traits import option_traits

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_PROMPT_GROUPS = ("generation", "prompt", "cite", "display", "compare")


@magics_class
class GalacticaMagics(Magics):
    """The magics ``%%galactica`` and ``%galactica``."""

    preload = Bool(True, help="Import torch in the background, once the first cell has ended.").tag(
        config=True
    )
    locals().update(option_traits(_PROMPT_GROUPS))

    def __init__(self, shell: InteractiveShell, runner: Runner, preloader: Preloader) -> None:
        super().__init__(shell)
        self._runner = runner
        self.preloader = preloader

    @no_var_expand
    @line_cell_magic
    def galactica(self, line: str, cell: str | None = None) -> Result | None:
        r"""Continue a text with Galactica, or ask about the session.

        ::

            %%galactica --top-p 0.7 --max-new-tokens 100
            The Transformer architecture [START_REF]

            %galactica The Riemann zeta function is given by:
            answer = %galactica What is the IUPAC name of cortisol?

            %%galactica answer << --task reason
            What is {{a}} + {{b}}?

            %galactica cite --threshold -3 The theory of general relativity

        Subcommands: see ``%galactica help``; all options: ``%galactica options``. A prompt that
        begins with the name of a subcommand goes behind ``--``. The result is kept in ``_``.
        """
        try:
            return self._run(line, cell)
        except KeyboardInterrupt as error:
            if isinstance(error, Interrupted):
                raise
            raise Interrupted("nothing was lost; the session is as it was.") from None
        except GalacticaError as error:
            raise UsageError(str(error)) from error

    def _run(self, line: str, cell: str | None) -> Result | None:
        command, _, arguments = line.strip().partition(" ")
        if command in commands.COMMANDS:
            return self._command(command, arguments.strip(), cell)
        if command in commands.SHORTHANDS:
            line = f"{commands.SHORTHANDS[command]} {arguments}"
        target, line = split_target(line)
        values, rest = parse_flags(line, _PROMPT_GROUPS)
        if target is None:
            target, rest = split_target(rest)
        if cell is None:
            text = rest
            if not text.strip() and not values.keys() & {"task", "continuation"}:
                return self._command("help", "", None)
        else:
            if rest.strip():
                raise OptionError(
                    f"{rest.split()[0]!r} is not an option: options go behind %%galactica, the "
                    "prompt goes below."
                )
            # IPython ends every cell body with one newline that nobody typed.
            text = cell.removesuffix("\n")
        self._refuse_strategy(values)
        return self._generate(text, self._with_defaults(values), target)

    @staticmethod
    def _refuse_strategy(values: dict[str, Any]) -> None:
        """Raise `OptionError` if a decoding was chosen beside those that are compared."""
        chosen = [name for name in STRATEGY_OPTIONS if name in values]
        if "compare" in values and chosen:
            raise OptionError(
                f"--compare says how to decode: drop {OPTIONS[chosen[0]].flag} or put its value "
                "behind a decoding, for example nucleus:0.9."
            )

    def _command(self, name: str, arguments: str, cell: str | None) -> Result | None:
        command = commands.COMMANDS[name]
        if cell is not None and not command.takes_cell:
            raise OptionError(
                f"%galactica {name} is a line of its own: write it with one %, or `%%galactica --` "
                "for a prompt."
            )
        text = cell.removesuffix("\n") if cell is not None else arguments
        return command.run(text, self._runner)

    def _with_defaults(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the options in force: the table's, then %config, then the task's, then flags."""
        configured = {
            name: tuple(value) if isinstance(value, list) else value
            for name, option in OPTIONS.items()
            if option.group in _PROMPT_GROUPS and (value := getattr(self, name)) != option.default
        }
        task = values.get("task", configured.get("task"))
        form = values.get("form", configured.get("form"))
        defaults = prompts.task_defaults(task, values, form)
        if task == CITE:
            return citing_options(
                {**configured, **dict(prompts.find_task(task).defaults), **values}
            )
        for name in ("suggestions", "threshold"):
            if name in values:
                raise OptionError(f"{OPTIONS[name].flag} is about references: add --task cite.")
        return {**configured, **defaults, **values}

    def _generate(self, text: str, values: dict[str, Any], target: str | None) -> Result:
        compare = build_options(CompareOptions, values).compare
        options = build_options(GenerationOptions, values)
        decodings = parse_decodings(compare, options) if compare is not None else ()
        if not decodings:
            options = options.checked()
        prompt_options = build_options(PromptOptions, values)
        display_options = build_options(DisplayOptions, values)
        continuations = prompt_options.continuation
        if not prompt_options.raw:
            text = prompts.interpolate(text, self.shell.user_ns)
            continuations = tuple(
                prompts.interpolate(each, self.shell.user_ns) for each in continuations
            )
        if continuations:
            alone = not text.strip() and not prompt_options.task
            prompt = Prompt("", new_doc=True) if alone else build_prompt(text, prompt_options)
            return self._runner.score(prompt, continuations, display_options, target)
        prompt = build_prompt(text, prompt_options)
        if decodings:
            return self._runner.compare(prompt, decodings, display_options, target)
        if prompt_options.task == CITE:
            complete = partial(suggest, threshold=build_options(CiteOptions, values).threshold)
            return self._runner.generate(prompt, options, display_options, target, complete)
        return self._runner.generate(prompt, options, display_options, target)


def load(shell: InteractiveShell) -> None:
    """Register the magics, the formatter, Tab completion and input transforms with a shell."""
    formatter = ResultFormatter(shell)
    magics = GalacticaMagics(shell, Runner(shell, formatter), Preloader(shell))
    shell.register_magics(magics)
    for kind in BUNDLES:
        shell.display_formatter.ipython_display_formatter.for_type(kind, formatter)
    shell.events.register("pre_run_cell", formatter.forget)
    shell.Completer.custom_matchers.append(completion.galactica_matcher)
    shell.input_transformer_manager.token_transformers.extend(GALACTICA_TRANSFORMS)

    comm.register()
    if magics.preload and get_session().model is None:
        magics.preloader.arm()


def unload(shell: InteractiveShell) -> None:
    """Take everything that :func:`load` registered away again."""
    comm.unregister()
    magics = shell.magics_manager.registry.pop("GalacticaMagics", None)
    if magics is not None:
        magics.preloader.disarm()
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("galactica", None)
    formatters = shell.display_formatter.ipython_display_formatter
    formatter = None
    for result_type in BUNDLES:
        formatter = formatters.pop(result_type, None)
    if formatter is not None:
        shell.events.unregister("pre_run_cell", formatter.forget)
    matchers = shell.Completer.custom_matchers
    if completion.galactica_matcher in matchers:
        matchers.remove(completion.galactica_matcher)
    transformers = shell.input_transformer_manager.token_transformers
    for transform in GALACTICA_TRANSFORMS:
        if transform in transformers:
            transformers.remove(transform)
