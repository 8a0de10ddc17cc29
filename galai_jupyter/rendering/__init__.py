"""Generated text and generations in; HTML, Markdown, LaTeX, plain text and MIME bundles out."""

from galai_jupyter.rendering.bundles import (
    generation_bundle,
    generation_latex,
    streaming_bundle,
)
from galai_jupyter.rendering.comparison_view import comparing_bundle, comparison_bundle
from galai_jupyter.rendering.displayable import display_latex, display_markdown
from galai_jupyter.rendering.program_finder import programs_of
from galai_jupyter.rendering.replay_view import differences_html, replay_bundle
from galai_jupyter.rendering.run_view import execution_bundle, program_bundle
from galai_jupyter.rendering.saved import generations
from galai_jupyter.rendering.text import to_html, to_latex, to_markdown, to_plain
from galai_jupyter.rendering.token_view import prompt_tokens_bundle, tokens_bundle, tokens_html

__all__ = [
    "comparing_bundle",
    "comparison_bundle",
    "differences_html",
    "display_latex",
    "display_markdown",
    "execution_bundle",
    "generation_bundle",
    "generation_latex",
    "generations",
    "program_bundle",
    "programs_of",
    "prompt_tokens_bundle",
    "replay_bundle",
    "streaming_bundle",
    "to_html",
    "to_latex",
    "to_markdown",
    "to_plain",
    "tokens_bundle",
    "tokens_html",
]
