"""BibTeX in and out, and references held against one's own library or a service."""

from galai_jupyter.bibliography.export import citation_keys, cite, to_bibtex
from galai_jupyter.bibliography.library import Entry, Library, read_library
from galai_jupyter.bibliography.lookup import look_up
from galai_jupyter.bibliography.matching import match_reference

__all__ = [
    "Entry",
    "Library",
    "citation_keys",
    "cite",
    "look_up",
    "match_reference",
    "read_library",
    "to_bibtex",
]
