"""Makes an environment beside `.venv` from a lock of its own: `requirements-clients.lock` becomes `.venv-clients`.

    .venv/bin/python .ci/tool_environment.py requirements-clients.lock

Exact versions with checked hashes. What comes as source only is built with the setuptools of the same lock.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT, pip_environment, run

_BUILDERS = re.compile(r"^(?:setuptools|wheel)==[^\n]*(?:\n    [^\n]*)*", re.MULTILINE)


def main(lock: Path) -> None:
    """Bring the environment to what `lock` says; at once where nothing changed."""
    folder = ROOT / lock.stem.replace("requirements", ".venv")
    stamp, wanted = folder / "installed", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Preparing {folder.name} from {lock.name} ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-I", "-m", "venv", str(folder)], check=True)
    install(folder, _BUILDERS.findall(lock.read_text("utf-8")))
    install(folder, [lock.read_text("utf-8")])
    stamp.write_text(wanted)


def install(folder: Path, entries: list[str]) -> None:
    """Install entries of a lock, each with its hashes, and nothing else."""
    if not entries:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as listed:
        listed.write("\n".join(entries))
        listed.flush()
        pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]
        options = ["--disable-pip-version-check", "--no-build-isolation", "--require-hashes"]
        run([*pip, *options, "--requirement", listed.name], pip_environment())


if __name__ == "__main__":
    main(ROOT / sys.argv[1])
