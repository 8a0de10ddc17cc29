"""A prompt and options in; a generation, streamed into the cell and kept, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from galai_jupyter import catalog
from galai_jupyter.catalog import format_count
from galai_jupyter.comparing import ComparisonStream
from galai_jupyter.comparison import Comparison
from galai_jupyter.comparison_display import ComparisonDisplay
from galai_jupyter.display import Display, Result, ResultFormatter, StreamDisplay
from galai_jupyter.errors import GalacticaError, Interrupted
from galai_jupyter.generation import Generation, StreamEvent
from galai_jupyter.model import Model
from galai_jupyter.options import DisplayOptions, GenerationOptions, LoadOptions, RunOptions
from galai_jupyter.programs import Execution, Program
from galai_jupyter.prompts import Prompt
from galai_jupyter.rendering import execution_bundle, generation_bundle, replay_bundle
from galai_jupyter.rendering.tables import message_bundle
from galai_jupyter.replay import Replay, request_of
from galai_jupyter.sandbox import run_program
from galai_jupyter.session import get_session
from galai_jupyter.strategies import Decoding
from galai_jupyter.streaming import GenerationStream

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Runner:
    """What the magic and its subcommands do with a shell.

    Parameters
    ----------
    shell : InteractiveShell
        Where the cell runs.
    formatter : ResultFormatter
        Told what has been shown already.
    """

    def __init__(self, shell: InteractiveShell, formatter: ResultFormatter) -> None:
        self._shell = shell
        self._formatter = formatter

    def show(self, bundle: dict[str, Any]) -> None:
        """Show a MIME bundle as an output of its own."""
        Display(self._shell).show(bundle)

    def load(self, name: str, options: LoadOptions) -> Model:
        """Load a model behind a progress bar; say what was loaded and under what licence."""
        display = Display(self._shell)
        model = get_session().load(name, options, display.progress)
        display.show(message_bundle(f"Loaded {model.description}"))
        return model

    def model(self) -> Model:
        """Return the session's model; the bundled one is loaded, and named, if there is none."""
        session = get_session()
        if session.model is not None:
            return session.model
        display = Display(self._shell)
        model = session.ensure_model(display.progress)
        display.show(message_bundle(_bundled(model)))
        return model

    def generate(
        self,
        prompt: Prompt,
        options: GenerationOptions,
        display_options: DisplayOptions,
        target: str | None = None,
        complete: Callable[[Generation], Generation] = lambda generation: generation,
    ) -> Generation:
        """Continue a prompt while the cell shows how the text grows.

        Parameters
        ----------
        prompt : Prompt
            What to continue.
        options : GenerationOptions
            How to decode.
        display_options : DisplayOptions
            How to show it.
        target : str, optional
            A variable that is to hold the generation.
        complete : callable, optional
            ``complete(generation) -> generation``: adds to the record what follows from it.

        Raises
        ------
        GalacticaError
            If it cannot run, or fails; the text that there was is shown and kept.
        Interrupted
            After an interrupt; the text that there was is shown and kept.
        """
        self.model()
        display = StreamDisplay(self._shell, prompt.text, options, display_options)
        stream = get_session().stream(prompt, options, complete)
        problem = self._drive(
            stream, display.take, "the text so far is kept; `%galactica continue` goes on."
        )
        if not stream.generations:
            raise problem or Interrupted("the generation had not begun.")
        generation = stream.generations[0]
        if not generation.failed_at_once:
            display.finish(generation)
        self._keep(generation, target, problem)
        return generation

    def score(
        self,
        prompt: Prompt,
        continuations: Sequence[str],
        display_options: DisplayOptions,
        target: str | None = None,
    ) -> Generation:
        """Show how likely given continuations of a prompt are.

        Parameters
        ----------
        prompt : Prompt
            What stands before them.
        continuations : sequence of str
            The texts to score.
        display_options : DisplayOptions
            How to show them.
        target : str, optional
            A variable that is to hold the record.

        Raises
        ------
        GalacticaError
            If they cannot be scored.
        """
        self.model()
        generation = get_session().score(prompt, continuations)
        self.show(generation_bundle(generation, special_tokens=display_options.special_tokens))
        self._keep(generation, target, None)
        return generation

    def compare(
        self,
        prompt: Prompt,
        decodings: Sequence[Decoding],
        display_options: DisplayOptions,
        target: str | None = None,
    ) -> Comparison:
        """Continue a prompt under several decodings, side by side; see :meth:`generate`."""
        model = self.model()
        labels = [decoding.label for decoding in decodings]
        display = ComparisonDisplay(self._shell, prompt.text, labels, display_options)
        stream = ComparisonStream(model.stream, prompt, decodings)
        problem = self._drive(stream, display.take, "the texts so far are kept.")
        if not stream.generations:
            raise problem or Interrupted("the comparison had not begun.")
        comparison = stream.comparison
        display.finish(comparison)
        self._keep(comparison, target, stream.failure or problem)
        return comparison

    def replay(self, recorded: Generation) -> Replay:
        """Run a recorded generation again; show whether the text is the same.

        Raises
        ------
        GalacticaError
            If it cannot run, or fails.
        Interrupted
            After an interrupt; the texts are compared as far as they go.
        """
        self.model()
        display = Display(self._shell)
        stream = get_session().stream(*request_of(recorded))
        tokens = 0

        def take(event: StreamEvent) -> None:
            nonlocal tokens
            if not event.sequence_index:
                tokens = len(event.tokens) + (0 if event.replaces else tokens)
                display.progress("Replaying", tokens / recorded.options.max_new_tokens)

        problem = self._drive(stream, take, "the texts were compared as far as they go.")
        if not stream.generations:
            raise problem or Interrupted("the replay had not begun.")
        replay = Replay(recorded, stream.generations[0])
        display.show(replay_bundle(replay))
        self._keep(replay, None, problem)
        return replay

    def run_program(self, program: Program, options: RunOptions) -> Execution:
        """Run a model's Python, which somebody has agreed to; show its result beside the claim.

        Raises
        ------
        SandboxError
            If no process could be started.
        Interrupted
            After an interrupt; what was printed by then is shown.
        """
        display = Display(self._shell)
        waiting = partial(display.progress, "Running")
        execution = Execution(program, run_program(program, options, waiting))
        display.show(execution_bundle(execution, code=False))
        interrupted = execution.outcome.ending == "interrupted"
        self._keep(execution, None, Interrupted("the code was stopped.") if interrupted else None)
        return execution

    def _drive(
        self,
        stream: GenerationStream | ComparisonStream,
        take: Callable[[StreamEvent], None],
        interrupted_words: str,
    ) -> GalacticaError | Interrupted | None:
        """Run a stream to its end; return what the cell is to raise once its result is kept."""
        with get_session().interrupt_stops() as interrupted, stream:
            try:
                for event in stream:
                    take(event)
            except GalacticaError as error:
                return error
            except KeyboardInterrupt:
                stream.close()
            else:
                if not interrupted():
                    return None
        return Interrupted(interrupted_words)

    def _keep(
        self, result: Result, target: str | None, problem: GalacticaError | Interrupted | None
    ) -> None:
        """Put a result where the cell's results go, then raise what went wrong, if anything."""
        if target:
            self._shell.user_ns[target] = result
        if problem:
            # The cell ends with an error, so IPython itself would not keep its result.
            self._shell.displayhook.update_user_ns(result)
            raise problem
        self._formatter.already_shown(result)


def _bundled(model: Model) -> str:
    size = format_count(model.description.parameters)
    return (
        f"No model was loaded, so this is the bundled {catalog.DEMO} model ({size} parameters, for "
        "learning and testing: it knows a few hundred facts and makes up the rest). "
        "`%galactica load mini` loads a real one."
    )
