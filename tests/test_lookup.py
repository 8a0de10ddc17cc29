"""Suggestions looked up at services, with answers that were recorded: no test has a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from galai_jupyter.bibliography import look_up
from galai_jupyter.bibliography.checking import check_references
from galai_jupyter.bibliography.lookup import Crossref, LookupService, OpenAlex
from galai_jupyter.errors import LookupServiceError, OptionError
from galai_jupyter.generation import Reference

DATA = Path(__file__).parent / "data"
KNOWN = Reference("Attention Is All You Need", "Vaswani")
INVENTED = Reference("Attention Is Some Of What You Need: A Sequel", "Vaswani")


def answering(
    service: type[LookupService], answer: Callable[[httpx2.Request], httpx2.Response]
) -> tuple[LookupService, list[httpx2.Request]]:
    """Return a service whose client never reaches the network, and what it was asked."""
    asked: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answer(request)

    return service(httpx2.Client(transport=httpx2.MockTransport(handle))), asked


def recorded(name: str) -> Callable[[httpx2.Request], httpx2.Response]:
    answer = json.loads((DATA / name).read_text(encoding="utf-8"))
    return lambda request: httpx2.Response(200, json=answer)


@pytest.mark.parametrize(
    ("service", "file", "doi", "source"),
    [
        (Crossref, "crossref.json", "10.5555/3295222.3295349", "Crossref (api.crossref.org)"),
        (OpenAlex, "openalex.json", "10.48550/arxiv.1706.03762", "OpenAlex (api.openalex.org)"),
    ],
)
def test_what_a_service_knows_gets_its_doi_and_name(
    service: type[LookupService], file: str, doi: str, source: str
) -> None:
    asked_service, asked = answering(service, recorded(file))
    known, invented = look_up([KNOWN, INVENTED], asked_service)
    assert (known.doi, known.source) == (doi, source)
    assert invented == INVENTED
    assert [request.url.host for request in asked] == [service.host] * 2
    assert all(request.url.scheme == "https" for request in asked)
    assert "Attention Is All You Need" in str(httpx2.URL(asked[0].url).params)[:200].replace(
        "+", " "
    ).replace("%20", " ")


def test_only_what_needs_it_is_looked_up() -> None:
    service, asked = answering(Crossref, recorded("crossref.json"))
    mine = Reference("Attention Is All You Need", "Vaswani", key="v", source="refs.bib")
    cut = Reference("Attention Is", complete=False)
    assert look_up([mine, cut, Reference("")], service) == [mine, cut, Reference("")]
    assert not asked


def refuse(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("no network", request=request)


def be_late(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("late", request=request)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuse, "cannot be reached"),
        (be_late, "did not answer in time"),
        (lambda request: httpx2.Response(503), "HTTP 503"),
        (lambda request: httpx2.Response(200, text="<html>"), "not JSON"),
        (lambda request: httpx2.Response(200, json={"results": None}), "not known here"),
        (lambda request: httpx2.Response(200, json=[]), "not known here"),
    ],
)
@pytest.mark.parametrize("service", [Crossref, OpenAlex])
def test_a_failure_is_one_sentence_that_names_the_service(
    service: type[LookupService],
    answer: Callable[[httpx2.Request], httpx2.Response],
    words: str,
) -> None:
    with pytest.raises(LookupServiceError, match=words) as caught:
        look_up([KNOWN], answering(service, answer)[0])
    assert str(caught.value).startswith(f"{service.name} ({service.host}) ")
    assert "\n" not in str(caught.value)


def test_suggestions_are_not_lost_when_a_service_fails() -> None:
    with pytest.warns(UserWarning, match=r"Crossref \(api.crossref.org\) cannot be reached"):
        found = check_references([KNOWN], lookup=answering(Crossref, refuse)[0])
    assert found == [KNOWN]


def test_an_unknown_service_is_an_error() -> None:
    with pytest.raises(OptionError, match="lookup must be crossref or openalex, not 'crosref'"):
        look_up([KNOWN], "crosref")
