"""Lines cut out of a body are the same however it comes in, and none that is too long is ever held."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.api.batches.line_splitter import MAX_LINE_BYTES, LineSplitter, NumberedLine

LONG = st.integers(MAX_LINE_BYTES - 2, MAX_LINE_BYTES + 3).map(lambda size: b"x" * size)
LINES = st.lists(st.binary(max_size=20) | st.sampled_from([b"", b" ", b"\r", b"{}", b"{}\r"]) | LONG, max_size=12)


@given(LINES, st.lists(st.integers(0, 1 << 17), max_size=8))
def test_lines_are_the_same_wherever_the_pieces_end(lines: list[bytes], cuts: list[int]) -> None:
    body = b"\n".join(lines)
    whole = [each.strip(b" \t\r") for each in body.split(b"\n")]
    expected = [
        NumberedLine(number, line if len(line) <= MAX_LINE_BYTES else None)
        for number, line in enumerate(whole, 1)
        if line
    ]
    splitter = LineSplitter()
    ends = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    found = [each for begin, end in pairwise(ends) for each in splitter.feed(body[begin:end])]
    assert [*found, *splitter.end()] == expected


def test_a_line_without_an_end_is_not_held() -> None:
    splitter = LineSplitter()
    for _ in range(1000):
        assert splitter.feed(b"x" * MAX_LINE_BYTES) == []
        assert len(splitter._buffer) <= MAX_LINE_BYTES
    assert splitter.feed(b"x\n{}") == [NumberedLine(1, None)]
    assert splitter.end() == [NumberedLine(2, b"{}")]
