"""Documents that are parsed piece by piece."""

import orjson

from service.web.api_client import parsed_in_pieces

_SMALL = {"figure": 1_400, "share": 0.5, "none": None, "words": '“dozens” — عشرات \\ " \u2068'}


def test_large_documents_are_parsed_as_orjson_does() -> None:
    long = "x" * 60_000
    document = {"data": {"entries": [_SMALL] * 2_000, "long": long, "empty": []}, "text": {"a": _SMALL}, "digest": "f"}
    for each in (document, [document, long], long, _SMALL, []):
        assert parsed_in_pieces(orjson.dumps(each)) == each
    spaced = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    assert parsed_in_pieces(b" \n" + spaced) == document
