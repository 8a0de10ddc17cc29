"""A prompt and options in; a generation, streamed into the cell and kept, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from galai_jupyter import catalog
from galai_jupyter.catalog import format_count
from galai_jupyter.display import Display, GenerationFormatter, StreamDisplay
from galai_jupyter.errors import GalacticaError, Interrupted
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.options import DisplayOptions, GenerationOptions, LoadOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.rendering import generation_bundle
from galai_jupyter.rendering.tables import message_bundle
from galai_jupyter.session import get_session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Runner:
    """What the magic and its subcommands do with a shell.

    Parameters
    ----------
    shell : InteractiveShell
        Where the cell runs.
    formatter : GenerationFormatter
        Told what has been shown already.
    """

    def __init__(self, shell: InteractiveShell, formatter: GenerationFormatter) -> None:
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
        session = get_session()
        display = StreamDisplay(self._shell, prompt.text, options, display_options)
        failure: GalacticaError | None = None
        torn = False
        running = session.stream(prompt, options, complete)
        with session.interrupt_stops() as interrupted, running as stream:
            try:
                for event in stream:
                    display.take(event)
            except GalacticaError as error:
                failure = error
            except KeyboardInterrupt:
                stream.close()
                torn = True
        if not stream.generations:
            raise failure or Interrupted("the generation had not begun.")
        generation = stream.generations[0]
        display.finish(generation)
        if target:
            self._shell.user_ns[target] = generation
        if failure or torn or interrupted():
            # The cell ends with an error, so IPython itself would not keep its result.
            self._shell.displayhook.update_user_ns(generation)
            raise failure or Interrupted("the text so far is kept; `%galactica continue` goes on.")
        self._formatter.already_shown(generation)
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
        if target:
            self._shell.user_ns[target] = generation
        self._formatter.already_shown(generation)
        return generation


def _bundled(model: Model) -> str:
    size = format_count(model.description.parameters)
    return (
        f"No model was loaded, so this is the bundled {catalog.DEMO} model ({size} parameters, for "
        "learning and testing: it knows a few hundred facts and makes up the rest). "
        "`%galactica load mini` loads a real one."
    )
