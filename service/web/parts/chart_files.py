"""Charts as files: complete SVG documents that need nothing else, with their reading, source line and permalink."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from service.web.language.languages import Language
from service.web.parts.escalation_strip import Column, EscalationStrip
from service.web.parts.svg import (
    FONT,
    INK,
    LINE,
    PAPER,
    SOFT,
    PlotFrame,
    SvgAttribute,
    element,
    group,
    mark,
    text,
    wrapped,
)
from service.web.parts.toll_chart import Voice
from service.web.parts.toll_data import plain
from service.web.parts.toll_drawing import Drawing

WIDTH: Final = 960
_EDGE: Final = 24
_AXIS: Final = 60
_VOICES: Final = 30
_NAMES: Final = 130
_PER_ROW: Final = 26
"""Columns of the strip in a row; further ones are in rows below."""
LEVELS: Final = ("#eef0f2", "#f6e3b4", "#f0b869", "#dd7f3b", "#b8432f", "#7d1128")
"""Colours of the levels 0 to 5, those of charts.css: ever darker, so that grey print tells them apart too."""
_LIGHT_TEXT: Final = 4
"""From this level on the numeral is white."""


@dataclass(frozen=True)
class Caption:
    """The lines around a chart, as text: what it shows, of which incident, at which reading, and where it is from."""

    title: str
    subtitle: str
    source: Sequence[str]


def toll_file(language: Language, caption: Caption, drawing: Drawing, voices: Sequence[Voice]) -> str:
    """Return the toll chart as an SVG document."""
    top = 92
    mirrored = language.direction == "rtl"
    width = WIDTH - 2 * _EDGE - _AXIS
    frame = PlotFrame(_EDGE if mirrored else _EDGE + _AXIS, top, width, mirrored)
    beside = _EDGE + width + 8 if mirrored else _EDGE + _AXIS - 8
    legend, height = _legend(language, voices, top + drawing.height + 16)
    content = [drawing.labels(beside, frame.anchors[1], top), drawing.plot(frame), legend]
    return _document(language, caption, content, height)


def _legend(language: Language, voices: Sequence[Voice], top: float) -> tuple[Markup, float]:
    """Return the sources in the order in which they first gave a figure, and the height at which they end."""
    x, y, drawn = (
        float(_EDGE),
        top + 34,
        [text(_begin(language), top + 10, language.text("Who said what first"), _bold(language))],
    )
    for voice in voices[:_VOICES]:
        words = f"{_cut(voice.source, 40)}, {voice.day}: {voice.words}"
        width = 30 + 7.2 * len(words)
        if x > _EDGE and x + width > WIDTH - _EDGE:
            x, y = _EDGE, y + 22
        drawn += [group([mark(voice.rank)], transform=f"translate({x + 8:g} {y - 4:g})"), text(x + 20, y, words)]
        x += width
    if (left := len(voices) - _VOICES) > 0:
        y += 22
        others = language.plural("And one more source.", "And %(number)s more sources.", left)
        drawn.append(text(_begin(language), y, plain(others), {"text-anchor": _anchor(language)}))
    return group(drawn), y + 12


def escalation_file(language: Language, caption: Caption, strip: EscalationStrip) -> str:
    """Return the escalation strip as an SVG document."""
    rows = _rows(strip.columns)
    drawn = [_row_of_columns(language, row, 100 + 128 * number) for number, row in enumerate(rows)]
    y = 100.0 + 128 * len(rows)
    for line in strip.turns[:12]:
        drawn.append(text(_begin(language), y, plain(line), {"text-anchor": _anchor(language)}))
        y += 18
    return _document(language, caption, drawn, y)


def _rows(columns: Sequence[Column]) -> Sequence[Sequence[Column]]:
    """Split the columns into rows of nearly equal length."""
    each = -(-len(columns) // max(-(-len(columns) // _PER_ROW), 1)) or 1
    return [columns[at : at + each] for at in range(0, len(columns), each)]


def _row_of_columns(language: Language, columns: Sequence[Column], top: float) -> Markup:
    names = [language.text("What happened"), language.text("What was learned")]
    mirrored = language.direction == "rtl"
    width = min((WIDTH - 2 * _EDGE - _NAMES) / len(columns), 56)
    anchor: dict[str, SvgAttribute] = {"text-anchor": _anchor(language)}
    drawn = [text(_begin(language), top + 40 + 36 * number, name, anchor) for number, name in enumerate(names)]
    for number, column in enumerate(columns):
        x = _EDGE + _NAMES + width * number
        drawn.append(_column(language, column, WIDTH - x - width if mirrored else x, top, width))
    return group(drawn)


def _column(language: Language, column: Column, x: float, top: float, width: float) -> Markup:
    middle: dict[str, SvgAttribute] = {"text-anchor": "middle"}
    turned = {**middle, "text-anchor": "start", "font-size": 10, "fill": SOFT}
    turned["transform"] = f"rotate(-45 {x + width / 2:.1f} {top + 14:g})"
    drawn = [text(round(x + width / 2, 1), top + 14, plain(column.text), turned)]
    if column.quiet:
        drawn.append(text(round(x + width / 2, 1), top + 40, "…", {**middle, "fill": SOFT}))
        return group(drawn)
    fill, ink = (
        ("none", INK) if column.level is None else (LEVELS[column.level], PAPER if column.level >= _LIGHT_TEXT else INK)
    )
    box: dict[str, SvgAttribute] = {"x": round(x + 1, 1), "width": round(width - 2, 1), "height": 32, "stroke": LINE}
    if column.level is not None:
        drawn.append(element("rect", {**box, "y": top + 20, "fill": fill}))
        turn = "" if column.turn is None else "▲" if column.turn.after > column.turn.before else "▼"
        drawn.append(
            text(
                round(x + width / 2, 1),
                top + 41,
                f"{language.number(column.level)}{turn}",
                {**middle, "fill": ink, "font-weight": "bold"},
            )
        )
    if column.learned_text:
        drawn.append(element("rect", {**box, "y": top + 56, "fill": "#e3ebf3"}))
        drawn.append(text(round(x + width / 2, 1), top + 77, language.number(column.reports), middle))
    return group(drawn)


def _document(language: Language, caption: Caption, content: Iterable[Markup], height: float) -> str:
    """Return the document: title and subtitle above what is drawn, the source line below."""
    begin, anchor = _begin(language), {"text-anchor": _anchor(language)}
    head = [text(begin, 32, line, {**_bold(language), "font-size": 18}) for line in wrapped(caption.title, 90)[:1]]
    head += [
        text(begin, 54 + 17 * at, line, {**anchor, "fill": SOFT})
        for at, line in enumerate(wrapped(caption.subtitle, 130)[:2])
    ]
    lines = [line for each in caption.source for line in wrapped(each, 140)]
    foot = [
        text(begin, height + 22 + 15 * at, line, {**anchor, "fill": SOFT, "font-size": 11})
        for at, line in enumerate(lines)
    ]
    whole = round(height + 22 + 15 * len(lines) + 8)
    attributes: dict[str, SvgAttribute] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH} {whole}",
        "width": WIDTH,
        "height": whole,
        "font-family": FONT,
        "xml:lang": language.code,
        "direction": "ltr",
        "role": "img",
    }
    paper = element("rect", {"width": WIDTH, "height": whole, "fill": PAPER})
    title = element("title", {}, caption.title)
    drawn = element("svg", attributes, title, paper, *head, *content, *foot)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}'


def _begin(language: Language) -> float:
    return WIDTH - _EDGE if language.direction == "rtl" else _EDGE


def _anchor(language: Language) -> str:
    """Return which end of a line its x is: SVG counts from the left, as no direction is set on texts."""
    return "end" if language.direction == "rtl" else "start"


def _bold(language: Language) -> dict[str, SvgAttribute]:
    return {"font-weight": "bold", "text-anchor": _anchor(language)}


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"
