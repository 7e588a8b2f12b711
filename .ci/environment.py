"""Makes `.venv` from a lock: exact versions with checked hashes, at once when nothing changed, safe when asked twice.

    python3 .ci/environment.py requirements.lock

Standard library only. What pip is told by the user about *where* packages come
from (index, proxy, certificates) is kept; what would change how they are
installed is not. Nothing is built from source, so nothing unpinned is fetched.
"""

import ast
import fcntl
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"
MADE_FOR = VENV / "made-for"

SOMEBODY_ELSES = (
    "The environment in this folder was made by another user, and you may not change it. Remove it as that user:\n"
    f"    rm -r '{VENV}' '{VENV}.lock'\nor work in a copy of your own."
)

SOURCES = {
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
}


def main(lock: Path) -> None:
    """Bring `.venv` to what `lock` says."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever Python the machine has is asked first
        sys.exit(f"Knownwhen needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}.")
    os.environ.pop("PYTHONPATH", None)
    os.environ.pop("PYTHONHOME", None)
    stamp = VENV / f"installed-{lock.stem}"
    with one_at_a_time():
        wanted = fingerprint(lock)
        if sound() and stamp.exists() and stamp.read_text() == wanted:
            return
        print(f"Preparing the environment from {lock.name} ...", flush=True)
        if not sound() or stamp.exists():
            make()
        UNFINISHED.touch()
        install(lock)
        UNFINISHED.unlink()
        stamp.write_text(wanted)


@contextmanager
def one_at_a_time() -> Generator[None]:
    """Hold the lock of this source tree; the system lets go of it however this process ends."""
    try:
        held = (ROOT / ".venv.lock").open("w")
    except PermissionError:
        sys.exit(SOMEBODY_ELSES)
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another `make` that prepares the environment ...", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def fingerprint(lock: Path) -> str:
    """Name what the environment is made of: the lock, and the project file that names the command."""
    return hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()


def origin() -> str:
    """Name what an environment cannot outlive: its place, and the Python it was made with."""
    return f"{VENV}\n{sys.version_info.major}.{sys.version_info.minor}\n"


def sound() -> bool:
    """Say whether `.venv` is whole, was made here, and still has its Python."""
    try:
        if UNFINISHED.exists() or MADE_FOR.read_text() != origin():
            return False
        tried = subprocess.run([str(PYTHON), "-I", "-c", "import pip"], check=False, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return tried.returncode == 0


def make() -> None:
    """Make an empty `.venv` in the place of any old one."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        install_venv()
    shutil.rmtree(VENV, ignore_errors=True)
    if VENV.exists():
        sys.exit(SOMEBODY_ELSES)
    run([sys.executable, "-I", "-m", "venv", str(VENV)], dict(os.environ))
    MADE_FOR.write_text(origin())


def install_venv() -> None:
    """Fetch the part of Python that Debian packs apart, where we may; else say how."""
    apt = shutil.which("apt-get")
    missing = "Python's module venv is missing here."
    if not (apt and sys.executable.startswith("/usr/bin/")):
        sys.exit(f"{missing} Install a complete Python 3.11 or newer.")
    if os.geteuid():
        sys.exit(f"{missing} Run this, then try again:\n    sudo apt-get install --yes python3-venv")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run([apt, "update", "--quiet"], environment)
    run([apt, "install", "--yes", "--quiet", "--no-install-recommends", "python3-venv"], environment)
    importlib.invalidate_caches()


def install(lock: Path) -> None:
    """Install what `lock` lists, then the project itself in place, without anything else."""
    environment = pip_environment()
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--no-input", "--no-deps", "--disable-pip-version-check"]
    run([*pip, "--quiet", "--require-hashes", "--only-binary=:all:", "--requirement", str(lock)], environment)
    here = [*pip, "--quiet", "--no-build-isolation", "--editable", str(ROOT)]
    run(here, environment)


def pip_environment() -> dict[str, str]:
    """Return the environment for pip: of its settings, only those that say where packages come from."""
    listed = subprocess.run([str(PYTHON), "-I", "-m", "pip", "config", "list"], stdout=subprocess.PIPE, check=False)
    found = {}
    for line in sorted(listed.stdout.decode().splitlines(), key=lambda line: line.startswith(":env:")):
        name, equals, value = line.partition("=")
        name = name.rpartition(".")[2]
        if equals and name in SOURCES:
            found["PIP_" + name.upper().replace("-", "_")] = ast.literal_eval(value)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**kept, **found, "PIP_CONFIG_FILE": os.devnull}


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run `command`, or end with what it was and how it ended."""
    status = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    if status:
        sys.exit(f"The environment is not ready: `{' '.join(command)}` ended with status {status}.")


if __name__ == "__main__":
    main(ROOT / sys.argv[1])
