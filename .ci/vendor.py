"""Vendored files: copies from npm packages, each with its version, licence and SHA-256 in a manifest.

make vendor                        # write every file of the manifest anew, and its SHA-256
python .ci/vendor.py --check       # compare the files with the manifest; no network
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "service" / "web" / "vendor" / "manifest.toml"
VENDORED = MANIFEST.parent
HEAD = """# Files of others, as published on npm. `make check` compares them with their SHA-256; `make vendor` fetches
# them anew: to update one, change its version here, run it, and look at what differs.
"""


class Unvendored(Exception):
    """A package could not be fetched."""


def read_manifest(path: Path = MANIFEST) -> list[dict[str, Any]]:
    """Return the entries: `name`, `version`, `licence`, `source`, and its `files` (`path`, `member`, `sha256`)."""
    return tomllib.loads(path.read_text(encoding="utf-8"))["package"]


def faults(entries: list[dict[str, Any]], root: Path = ROOT) -> list[str]:
    """Return what differs from the manifest, a sentence each: files missing, changed, or not named by it."""
    listed = {root / each["path"]: each["sha256"] for entry in entries for each in entry["files"]}
    found = [_fault(path, digest, root) for path, digest in listed.items()]
    folder = root / VENDORED.relative_to(ROOT)
    others = [path for path in folder.rglob("*") if path.is_file() and path not in listed]
    found += [f"{each.relative_to(root)} is in no manifest." for each in others if each.name != MANIFEST.name]
    return [each for each in found if each]


def _fault(path: Path, digest: str, root: Path) -> str:
    if not path.is_file():
        return f"{path.relative_to(root)} is missing."
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        return f"{path.relative_to(root)} is not the file of the manifest: its SHA-256 differs."
    return ""


def fetch(entry: dict[str, Any]) -> None:
    """Write the files of a package, and their SHA-256 into the entry. Raises Unvendored."""
    name = f"{entry['name']}@{entry['version']}"
    npm = shutil.which("npm")
    if npm is None:
        raise Unvendored("This needs npm, which comes with Node.js: on Debian, apt-get install npm.")
    with TemporaryDirectory(prefix="knownwhen-vendor-") as folder:
        command = [npm, "pack", name, "--silent", "--pack-destination", folder]
        if subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode:
            raise Unvendored(f"npm could not fetch {name}.")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            for each in entry["files"]:
                each["sha256"] = _extract(archive, each)


def _extract(archive: tarfile.TarFile, wanted: dict[str, str]) -> str:
    """Write a member of an archive to its place, and return its SHA-256."""
    member = archive.extractfile(f"package/{wanted['member']}")
    if member is None:
        raise Unvendored(f"{wanted['member']} is no file of the package.")
    content = member.read()
    path = ROOT / wanted["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def manifest_text(entries: list[dict[str, Any]]) -> str:
    """Return the manifest of these entries."""
    return HEAD + "".join(_entry_text(entry) for entry in entries)


def _entry_text(entry: dict[str, Any]) -> str:
    lines = ["", "[[package]]", *(f'{name} = "{entry[name]}"' for name in ("name", "version", "licence", "source"))]
    for each in entry["files"]:
        lines += ["", "[[package.files]]", *(f'{name} = "{each[name]}"' for name in ("path", "member", "sha256"))]
    return "\n".join(lines) + "\n"


def update(entries: list[dict[str, Any]]) -> None:
    """Fetch every package, and write the manifest."""
    try:
        for entry in entries:
            fetch(entry)
    except Unvendored as unvendored:
        sys.exit(str(unvendored))
    MANIFEST.write_text(manifest_text(entries), encoding="utf-8")


def main() -> None:
    """Check, or fetch and write."""
    entries = read_manifest()
    if "--check" not in sys.argv[1:]:
        update(entries)
    if found := faults(entries):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
