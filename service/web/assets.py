"""Static files of the page, under a path that names their content, so that caches may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

ASSETS: Final = Path(__file__).parent / "assets"
VENDORED: Final = Path(__file__).parent / "vendor"
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
}


@cache
def files() -> dict[str, Path]:
    """Return every file that is served, by its path below `assets/` or, for those of others, `vendor/`."""
    own = {str(path.relative_to(ASSETS)): path for path in ASSETS.rglob("*")}
    others = {f"vendor/{path.relative_to(VENDORED)}": path for path in VENDORED.rglob("*")}
    return {name: path for name, path in (own | others).items() if path.suffix in TYPES}


@cache
def release() -> str:
    """Return a name of the content of all files together: modules import one another by relative paths."""
    digest = hashlib.sha256()
    for name, path in sorted(files().items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def asset_url(name: str) -> str:
    """Return the address of a file. Raises KeyError if there is none of this name."""
    return f"/assets/{release()}/{name}" if files()[name] else ""


def asset_name(url: str) -> str | None:
    """Return the name of the file at an address of this release; None where there is none."""
    name = url.removeprefix(f"/assets/{release()}/")
    return name if name != url and name in files() else None


async def serve_asset(request: Request) -> Response:
    """Serve a file. One of another release is not here."""
    path = files().get(request.path_params["name"])
    if path is None or request.path_params["release"] != release():
        raise HTTPException(404)
    return FileResponse(path, 200, _HEADERS, TYPES[path.suffix])


async def serve_icon(_request: Request) -> Response:
    """Serve the icon at `/favicon.ico`, for browsers that show a document without a link to an icon."""
    return FileResponse(files()["icon.svg"], 200, {"Cache-Control": "public, max-age=86400"}, TYPES[".svg"])


ICON_ROUTE: Final = Route("/favicon.ico", serve_icon, methods=["GET"])
ROUTE: Final = Route("/assets/{release}/{name:path}", serve_asset, methods=["GET"])
