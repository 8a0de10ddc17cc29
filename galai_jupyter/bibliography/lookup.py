"""References in; those that a service on the network knows, with their DOIs, out.

Nothing here runs unless a person asks for it and names the service.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from galai_jupyter.bibliography.library import Entry
from galai_jupyter.bibliography.matching import find_entry
from galai_jupyter.errors import LookupServiceError, OptionError, did_you_mean
from galai_jupyter.generation import Reference

if TYPE_CHECKING:
    import httpx2

TIMEOUT = 10.0
"""Seconds that a service may take for an answer."""

_CANDIDATES = 5


class LookupService(ABC):
    """A catalog of papers on the network.

    Parameters
    ----------
    client : httpx2.Client, optional
        What asks; one that waits ten seconds at most if left out.
    """

    name: ClassVar[str]
    host: ClassVar[str]

    def __init__(self, client: httpx2.Client | None = None) -> None:
        self._client = client or _client()

    def find(self, reference: Reference) -> Entry | None:
        """Return the paper that a reference names, or None if the service knows none.

        Raises
        ------
        LookupServiceError
            If there is no answer, or none that can be understood.
        """
        path, query = self._request(reference)
        answer = self._ask(f"https://{self.host}{path}", query)
        try:
            entries = self._entries(answer)
        except (AttributeError, KeyError, TypeError) as error:
            raise LookupServiceError(
                f"{self.name} ({self.host}) sent an answer in a form that is not known here; the "
                "suggestions are not looked up."
            ) from error
        return find_entry(reference, entries)

    @abstractmethod
    def _request(self, reference: Reference) -> tuple[str, dict[str, str]]:
        """Return path and query of the request for candidates."""

    @abstractmethod
    def _entries(self, answer: Any) -> list[Entry]:
        """Return the candidates of an answer."""

    def _ask(self, url: str, query: Mapping[str, str]) -> Any:
        import httpx2

        try:
            response = self._client.get(url, params=query)
            response.raise_for_status()
            return response.json()
        except (httpx2.HTTPError, ValueError) as error:
            if isinstance(error, httpx2.TimeoutException):
                problem = "did not answer in time"
            elif isinstance(error, httpx2.HTTPStatusError):
                problem = f"answered with HTTP {error.response.status_code}"
            elif isinstance(error, httpx2.HTTPError):
                problem = f"cannot be reached ({type(error).__name__})"
            else:
                problem = "sent an answer that is not JSON"
            raise LookupServiceError(
                f"{self.name} ({self.host}) {problem}; the suggestions are not looked up: try "
                "again later, or leave lookup out."
            ) from error


class Crossref(LookupService):
    """Crossref's REST API: https://api.crossref.org."""

    name = "Crossref"
    host = "api.crossref.org"

    def _request(self, reference: Reference) -> tuple[str, dict[str, str]]:
        query = {"query.bibliographic": reference.title, "rows": str(_CANDIDATES)}
        if reference.author:
            query["query.author"] = reference.author
        return "/works", query | {"select": "DOI,title,author,issued"}

    def _entries(self, answer: Any) -> list[Entry]:
        return [
            Entry(
                key="",
                title=" ".join(work["title"]),
                surnames=tuple(
                    author.get("family") or author["name"] for author in work.get("author") or ()
                ),
                year=str((work.get("issued") or {}).get("date-parts", [[""]])[0][0] or ""),
                doi=work["DOI"],
            )
            for work in answer["message"]["items"]
            if work.get("title")
        ]


class OpenAlex(LookupService):
    """OpenAlex: https://api.openalex.org."""

    name = "OpenAlex"
    host = "api.openalex.org"

    def _request(self, reference: Reference) -> tuple[str, dict[str, str]]:
        # Commas and colons would be read as filters.
        title = " ".join("".join(c if c.isalnum() else " " for c in reference.title).split())
        return "/works", {
            "filter": f"title.search:{title}",
            "per-page": str(_CANDIDATES),
            "select": "doi,display_name,publication_year,authorships",
        }

    def _entries(self, answer: Any) -> list[Entry]:
        return [
            Entry(
                key="",
                title=work["display_name"],
                surnames=tuple(
                    name.split()[-1]
                    for each in work.get("authorships") or ()
                    if (name := each["author"].get("display_name"))
                ),
                year=str(work.get("publication_year") or ""),
                doi=(work.get("doi") or "").removeprefix("https://doi.org/"),
            )
            for work in answer["results"]
            if work.get("display_name")
        ]


SERVICES: Mapping[str, type[LookupService]] = {"crossref": Crossref, "openalex": OpenAlex}
"""The services by the name that ``lookup=`` takes."""


def look_up(references: Sequence[Reference], service: str | LookupService) -> list[Reference]:
    """Return references, those that a service knows with its name as source and their DOI.

    Titles and authors of the references are sent to the service. Those that a library has already
    are not looked up, nor those that are not finished.

    Parameters
    ----------
    references : sequence of Reference
        What a model suggested.
    service : str or LookupService
        ``"crossref"``, ``"openalex"``, or a service.

    Raises
    ------
    LookupServiceError
        If the service does not answer.
    OptionError
        If there is no such service, or the package that asks it is not installed.
    """
    asked = _find_service(service) if isinstance(service, str) else service
    checked = []
    for reference in references:
        wanted = reference.complete and reference.title and not reference.source
        entry = asked.find(reference) if wanted else None
        if entry is not None:
            reference = replace(reference, doi=entry.doi, source=f"{asked.name} ({asked.host})")
        checked.append(reference)
    return checked


def _find_service(name: str) -> LookupService:
    if name.lower() not in SERVICES:
        raise OptionError(
            f"lookup must be {' or '.join(SERVICES)}, not {name!r}.{did_you_mean(name, SERVICES)}"
        )
    return SERVICES[name.lower()]()


def _client() -> httpx2.Client:
    try:
        import httpx2
    except ImportError:
        raise OptionError(
            "lookup needs httpx2, which is not installed: run "
            "`pip install 'galai-jupyter[lookup]'`, or leave lookup out."
        ) from None
    from galai_jupyter import __version__

    return httpx2.Client(timeout=TIMEOUT, headers={"User-Agent": f"galai-jupyter/{__version__}"})
