"""An incident to erase from: a report with marked words in every fact that can have them, and whatever tells of it."""

import itertools
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from tests.service.sealed import sealed_toll
from tests.service.serving import filed, opened

CREATED = 201
VIEWS = ("", "/timeline", "/claims", "/tolls", "/sources", "/escalation")


class Told:
    """An incident with a report whose text and sealed part have marks, in every fact that can have words."""

    def __init__(self, client: httpx.Client) -> None:
        self.client, self.marks = client, itertools.count()
        self.mark = f"zq{uuid4().hex}"
        self.slug, self.other = opened(client), opened(client)
        self.source = f"source-{uuid4().hex[:8]}"
        self.report = self._filed("1,383")
        self.filed_at = self.position
        self.kept = self._filed("1,400", kept=True)
        about = f"/v1/reports/{self.report}"
        content = self._report("1,390")
        self._post(f"{about}/correction", cause="transcription", report=content, reason=self._word())
        self._post(f"{about}/retraction", by="recorder", reason=self._word())
        self._post(f"{about}/reinstatement", reason=self._word())
        self._post(f"{about}/assessment", credibility=2, reason=self._word())
        self._post(f"{about}/dispute", reason=self._word())
        self._post(f"{about}/move", to=self.other, reason=self._word())
        claims = [f"{self.report}#1"]
        self._post(f"/v1/incidents/{self.other}/rescoping", claims=claims, scope="incident", reason=self._word())
        self.published = self._post(f"/v1/incidents/{self.slug}/publications", view="timeline/1")["receipt"]["digest"]

    def _word(self) -> str:
        return f"word{next(self.marks)}{self.mark}"

    def _report(self, figure: str, *, kept: bool = False) -> dict[str, Any]:
        names = ("summary", "occurred_words", "notes")
        text = {name: f"{name} kept{self.mark[::-1]}" if kept else self._word() for name in names}
        quotes = [] if kept else [self._word(), self._word()]
        report = sealed_toll(self._word() if not kept else "kept", figure, source=self.source)
        return {**report, "text": {**text, "quotes": quotes}}

    def _filed(self, figure: str, *, kept: bool = False) -> str:
        return filed(self.client, self.slug, self._report(figure, kept=kept))["report_id"]

    def _post(self, address: str, **body: Any) -> dict[str, Any]:
        answer = self.client.post(address, json=body)
        assert answer.status_code == CREATED, answer.text
        return answer.json()

    @property
    def position(self) -> int:
        return self.client.get("/v1/projections").json()["position"]

    def answers(self, position: int) -> dict[str, httpx.Response]:
        """Return every view of both incidents as of a position, and the history of the report."""
        asked = [f"/v1/incidents/{slug}{view}" for slug in (self.slug, self.other) for view in VIEWS]
        asked.append(f"/v1/reports/{self.report}")
        return {each: self.client.get(each, params={"as_of": f"@{position}"}) for each in asked}

    def everywhere(self) -> Iterator[tuple[str, str]]:
        """Yield what is answered wherever words are, by what was asked."""
        last = self.position
        for position in range(1, last + 1) if last < 60 else (last - 25, last):
            for asked, answer in self.answers(position).items():
                yield f"{asked} at {position}", answer.text
        for slug in (self.slug, self.other):
            for what in ("facts", "diff?from=@1", "duplicates"):
                yield what, self.client.get(f"/v1/incidents/{slug}/{what}").text
        for asked in ("/v1/reports", "/v1/incidents", "/v1/sources"):
            yield asked, self.client.get(asked, params={"limit": 100, "min_position": last}).text
            yield f"{asked} then", self.client.get(asked, params={"limit": 100, "as_of": f"@{last - 8}"}).text
        for kind in ("application/json", "application/x-ndjson"):
            yield kind, self.client.get("/v1/changes", headers={"accept": kind}).text


def digests(answers: dict[str, httpx.Response]) -> dict[str, Any]:
    return {asked: answer.headers.get("knownwhen-digest") for asked, answer in answers.items()}
