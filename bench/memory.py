"""Memory and processor time of a process and its children, looked at while they run."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Self

import psutil

MIB: Final = 2**20
_LOOK: Final = 0.05
_PROPORTIONAL_LOOKS: Final = 20
"""The proportional set size (shared pages divided among their processes) takes longer to ask for, so more seldom."""


@dataclass(slots=True)
class Peak:
    """The most memory of one process: resident (RSS), and its proportional share (PSS), in bytes."""

    resident: int = 0
    proportional: int = 0


@dataclass(slots=True)
class Watched:
    """A process and its children: the peak of each, and the sums of their resident memory over time."""

    pid: int
    peaks: dict[int, Peak] = field(default_factory=dict[int, Peak])
    series: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def __str__(self) -> str:
        """List RSS and PSS of each process in MiB, the largest first."""
        peaks = sorted(self.peaks.values(), key=lambda peak: -peak.resident)
        return ", ".join(f"{peak.resident / MIB:.0f} ({peak.proportional / MIB:.0f})" for peak in peaks)

    def _watch(self) -> None:
        look, begin = 0, time.monotonic()
        while not self._ended.wait(_LOOK):
            whole = 0
            for process in family(self.pid):
                with contextlib.suppress(psutil.Error):
                    peak = self.peaks.setdefault(process.pid, Peak())
                    resident = process.memory_info().rss
                    whole += resident
                    peak.resident = max(peak.resident, resident)
                    if look % _PROPORTIONAL_LOOKS == 0:
                        peak.proportional = max(peak.proportional, process.memory_full_info().pss)
            if look % _PROPORTIONAL_LOOKS == 0:
                self.series.append((time.monotonic() - begin, whole))
            look += 1


def family(pid: int) -> Iterator[psutil.Process]:
    """Yield a process and its children, theirs included; none once it has ended."""
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        yield first
        yield from first.children(recursive=True)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its children so far, with that of children that have ended."""
    seconds = 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.Error):
            spent = process.cpu_times()
            seconds += spent.user + spent.system + spent.children_user + spent.children_system
    return seconds
