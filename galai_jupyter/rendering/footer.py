"""A generation in; the facts below it, in words, out."""

from __future__ import annotations

from galai_jupyter.generation import GeneratedSequence, Generation
from galai_jupyter.options import GenerationOptions
from galai_jupyter.rendering.program_finder import programs_of

_REASONS = {
    "end_of_document": "end of document",
    "max_new_tokens": "stopped at max_new_tokens: `%galactica continue` goes on",
    "interrupted": "interrupted: the text so far is kept",
    "given": "given, not generated",
}


def finish_words(generation: Generation, sequence: GeneratedSequence) -> str:
    """Return why `sequence` ended."""
    if sequence.finish_reason == "stop_string":
        stops = [f"`{_one_line(stop)}`" for stop in generation.options.stop]
        return f"stop string {' or '.join(stops)}" if stops else "stop string"
    if sequence.finish_reason == "error":
        return f"error: {generation.error}" if generation.error else "error"
    return _REASONS[sequence.finish_reason]


def decoding_words(options: GenerationOptions) -> str:
    """Return the decoding strategy and the options that differ from their defaults."""
    chosen = {name: value for name, value in options.to_dict().items() if name != "stop"}
    details = ", ".join(f"{name}={value}" for name, value in chosen.items())
    return f"{options.strategy} ({details})" if details else options.strategy


def facts(generation: Generation) -> list[str]:
    """Return model, decoding, tokens, speed, why a single sequence ended, and how to run code."""
    found = []
    if generation.model.name:
        found.append(generation.model.name)
    given = generation.finish_reason == "given"
    if not given:
        found.append(decoding_words(generation.options))
    count = generation.new_tokens
    found.append(f"{count} token{'' if count == 1 else 's'}")
    if generation.tokens_per_second and not given:
        found.append(f"{generation.tokens_per_second:.1f} tokens/s")
    if len(generation.sequences) == 1 and not generation.suggestions:
        found.append(finish_words(generation, generation.sequences[0]))
    if programs_of(generation):
        found.append("`%galactica run` runs its Python")
    return found


def _one_line(text: str) -> str:
    r"""Return a stop string on one line, newlines as ``\n``, and without what ends code."""
    return text.replace("\n", "\\n").replace("`", "'")
