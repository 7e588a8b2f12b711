"""Runs benchmarks, all where none is named: `python -m bench [NAMES] [--quick] [--compare CHECKOUT] [--write]`."""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Final

from bench import bulk, growth, lag, parts, questions, rebuild, signing, singles
from bench.measuring import CONSOLE
from bench.page import write_section
from bench.setup import Setup, add_options, set_up

BENCHMARKS: Final[Mapping[str, Callable[[Setup], str]]] = {
    "parts": parts.measure,
    "singles": singles.measure,
    "bulk": bulk.measure,
    "rebuild": rebuild.measure,
    "lag": lag.measure,
    "questions": questions.measure,
    "growth": growth.measure,
    "signing": signing.measure,
}
"""Each returns its section of the page. The parts come first, as the others explain their figures by them."""


def main() -> None:
    """Measure, and print each section as soon as it is there; with --write, put it into docs/performance.md."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which; all where none is named")
    parser.add_argument("--write", action="store_true", help="write the sections of docs/performance.md")
    add_options(parser)
    options = parser.parse_args()
    with set_up(options) as setup:
        for name in options.names or BENCHMARKS:
            begin = time.monotonic()
            text = BENCHMARKS[name](setup)
            print(text, flush=True)
            CONSOLE.print(f"{name}: {time.monotonic() - begin:.0f} s")
            if options.write:
                write_section(name, text)


if __name__ == "__main__":
    main()
