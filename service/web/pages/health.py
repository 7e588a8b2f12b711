"""Health of the service for its operator: readiness, and the position of each read model."""

from typing import Any, Final

from starlette.responses import Response

from service.web.api_client import ApiProblem
from service.web.language.languages import Language, marked
from service.web.page import Pages, WebPage, gather

PAGES = Pages()
_MODELS: Final = {
    "estimates": marked("Figures of each incident"),
    "incidents": marked("The list of incidents"),
    "inputs": marked("What each incident depends on"),
    "reports": marked("The search of reports"),
    "sources": marked("Sources and their track records"),
}
"""What each read model is for, in words."""


@PAGES.get("/health")
async def health(page: WebPage) -> Response:
    """Show each read model, how far it is behind the log, and why one has stopped."""
    (found,) = await gather(page.api.get("/v1/projections"))
    ready = await _not_ready(page)
    items = [{**each, "title": _title(page.language, each["name"])} for each in found["items"]]
    worst = max((_weight(each) for each in items), default=0)
    signer = await _signer(page)
    values = {"signer": signer, "models": items, "position": found["position"], "not_ready": ready, "worst": worst}
    return page.render("health.html", values, headers={"Cache-Control": "no-store"})


def _title(language: Language, name: str) -> str:
    known = _MODELS.get(name)
    return language.text(known) if known else name.replace("_", " ")


def _weight(model: dict[str, Any]) -> int:
    """Return how bad it is: 0 where the model is at the end of the log, 1 on its way there, 2 where it has stopped."""
    building = model["building"]
    if model["status"] == "stopped" or (building and building["stopped"]):
        return 2
    return 1 if model["status"] == "being-built" or model["behind"] else 0


async def _signer(page: WebPage) -> dict[str, Any] | None:
    """Return the answer of `GET /v1/log`, with the ids of the keys; None where the log is not signed."""
    try:
        (log,) = await gather(page.api.get("/v1/log"))
    except ApiProblem:
        return None
    return {**log, "key_ids": [each.split("+")[1] for each in log["keys"]]}


async def _not_ready(page: WebPage) -> str | None:
    """Return what the database lacks; None where the service can serve."""
    try:
        await page.api.get("/readyz")
    except ApiProblem as problem:
        return str(problem)
    return None
