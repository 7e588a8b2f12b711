"""The lexicon `ar/1`, of the Arabic-language press. Frozen once released.

Words are listed in plain spelling and read in any: `ألف` and `الف`, with vowel marks or without.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.arabic_people import AROUND, COUNTED_ALONE
from domain.values.counts.lexicons.arabic_script import plain, splitter
from domain.values.counts.lexicons.lexicon import (
    FigureRange,
    Numerals,
    Phrase,
    PhraseTable,
    Vocabulary,
    all_words,
    classified,
    ends,
    phrases,
    with_enclosed,
)

_T = TypeVar("_T")

_ONES = {
    1: "واحد واحدة",
    2: "اثنان اثنين اثنتان اثنتين",
    3: "ثلاثة ثلاث تلاتة تلات",
    4: "أربعة أربع",
    5: "خمسة خمس",
    6: "ستة ست",
    7: "سبعة سبع",
    8: "ثمانية ثماني ثمان تمانية تمان",
    9: "تسعة تسع",
}
_TENS = {
    20: "عشرون عشرين",
    30: "ثلاثون ثلاثين",
    40: "أربعون أربعين",
    50: "خمسون خمسين",
    60: "ستون ستين",
    70: "سبعون سبعين",
    80: "ثمانون ثمانين",
    90: "تسعون تسعين",
}
_ELEVENS = {11: "أحد إحدى", 12: "اثنا اثني اثنتا اثنتي"}
_DIALECT_TEENS = "احداشر اتناشر تلتاشر أربعتاشر خمستاشر ستاشر سبعتاشر تمنتاشر تسعتاشر"
_HUNDRED = ["مئة", "مائة", "مئه", "مائه"]
_TWO_HUNDRED = ["مئتان", "مئتين", "مئتا", "مئتي", "مائتان", "مائتين", "مائتا", "مائتي"]


def _plainly(listed: Mapping[Phrase, _T]) -> dict[Phrase, _T]:
    return {tuple(plain(word) for word in phrase): lead for phrase, lead in listed.items()}


def _below_100() -> dict[Phrase, int]:
    spelled: dict[Phrase, int] = {("عشرة",): 10, ("عشر",): 10}
    for value, ones in _ONES.items():
        spelled |= {(one,): value for one in ones.split()}
        if value > 2:  # noqa: PLR2004 - 11 and 12 have words of their own
            spelled |= {(one, ten): 10 + value for one in ones.split() for ten in ("عشر", "عشرة")}
    spelled |= {(word,): value for value, word in enumerate(_DIALECT_TEENS.split(), 11)}
    for value, ones in _ELEVENS.items():
        spelled |= {(one, ten): value for one in ones.split() for ten in ("عشر", "عشرة")}
    units = {one: value for value, ones in _ONES.items() for one in ones.split()} | {"احدى": 1, "احد": 1}
    for tens, words in _TENS.items():
        spelled |= {(word,): tens for word in words.split()}
        spelled |= {(one, "و", word): tens + value for one, value in units.items() for word in words.split()}
    return _plainly(spelled)


def _hundreds() -> dict[Phrase, int]:
    found: dict[Phrase, int] = {(word,): 100 for word in _HUNDRED} | {(word,): 200 for word in _TWO_HUNDRED}
    for value, ones in _ONES.items():
        if value > 2:  # noqa: PLR2004 - one and two hundred have words of their own
            for one in ones.split()[1:] or ones.split():
                found |= {(one + hundred,): 100 * value for hundred in _HUNDRED}
                found |= {(one, hundred): 100 * value for hundred in _HUNDRED}
    return _plainly(found)


_BELOW_100, _HUNDREDS = _below_100(), _hundreds()
_SCALES = _plainly(
    {
        **dict.fromkeys([("ألف",), ("ألفا",), ("آلاف",)], 1_000),
        **dict.fromkeys([("مليون",), ("مليونا",), ("ملايين",)], 10**6),
        **dict.fromkeys([("مليار",), ("مليارا",), ("مليارات",)], 10**9),
    }
)
_ALONE: dict[Phrase, tuple[int, int]] = _plainly(
    {
        ("ألف",): (1, 1_000),
        **dict.fromkeys([("ألفان",), ("ألفين",), ("ألفي",)], (2, 1_000)),
        ("مليون",): (1, 10**6),
        **dict.fromkeys([("مليونان",), ("مليونين",), ("مليوني",)], (2, 10**6)),
        ("مليار",): (1, 10**9),
        **dict.fromkeys([("ملياران",), ("مليارين",), ("ملياري",)], (2, 10**9)),
    }
)
_NAMED: dict[Phrase, int | Fraction] = _plainly(
    {
        ("صفر",): 0,
        ("نصف", "مليون"): 500_000,
        ("ربع", "مليون"): 250_000,
        ("نصف", "مليار"): 500_000_000,
        ("ثلاثة", "أرباع", "مليون"): 750_000,
    }
)

_BOUNDS = classified(
    {
        "at_least": """
    ≥ | ما لا يقل عن | مالا يقل عن | ما لايقل عن | لا يقل عن | لا تقل عن | على الأقل | حد أدنى | ليس أقل من | > =""",
        "more_than": """
    يفوق يتجاوز تجاوز فوق > | أكثر من | ما يزيد عن | ما يزيد على | يزيد عن | يزيد على | أزيد من | ما يفوق | ما
    يتجاوز""",
        "at_most": """
    ≤ | ما لا يزيد عن | ما لا يزيد على | لا يزيد عن | لا يزيد على | على الأكثر | ما يصل إلى | حد أقصى | ما لا يتجاوز |
    لا يتجاوز | ليس أكثر من | < =""",
        "fewer_than": "دون < | أقل من | ما يقل عن",
        "about": "نحو حوالي يقارب تقريبا يناهز | ما يقارب | ما يقرب من | يقرب من | ما يناهز | في حدود",
        "about.one": "قرابة زهاء ~ ≈ ∼ | قريبا من",
    }
)
_SUFFIXES = classified(
    {
        "at_least": "فأكثر + | على الأقل | أو أكثر | ف أكثر | فما فوق | ف ما فوق | كحد أدنى | ك حد أدنى",
        "at_most": "فأقل | على الأكثر | أو أقل | ف أقل | كحد أقصى | ك حد أقصى",
        "about": "تقريبا | على وجه التقريب",
    }
)
_SEVERAL: dict[str, FigureRange] = {
    "عشرات": (20, 99),
    "مئات | مآت | مائات": (200, 999),
    "آلاف": (2_000, 9_999),
    "عشرات آلاف": (20_000, 99_999),
    "مئات آلاف": (200_000, 999_999),
    "ملايين": (2_000_000, 9_999_999),
    "عشرات ملايين": (20_000_000, 99_999_999),
    "بضعة | بضع | عدة": (3, 9),
    "بضع عشرات | عدة عشرات": (20, 99),
    "بضع مئات | عدة مئات | بضعة مئات": (200, 999),
    "بضعة آلاف | عدة آلاف | بضع آلاف": (2_000, 9_999),
    "عدد من | عدد كبير من | أعداد كبيرة من | عديد من | كثير من | عدد غير معروف من | عدد غير محدد من": (None, None),
}
_LEADS = {
    **{
        (*verb, *toll): f"{word_class.FATE}killed"
        for verb in phrases("عدد | بلغ عدد | وصل عدد | حصيلة | بلغت حصيلة")
        for toll in phrases("قتلى | شهداء | وفيات | قتلى إلى | شهداء إلى | وفيات إلى")
    },
    **classified(
        {
            word_class.NEUTRAL: "ال مجموع إجمالي جميع هؤلاء فقط ب ل | ما مجموعه | كل من في-ذلك",
            word_class.PERSON: """
    سقوط جثث جثامين رفات انتشال تشييع جثة | مجموعة من | طاقم من | العثور على | عثر على | انتشال جثث | انتشال جثامين |
    العثور على جثث""",
            word_class.KILLED: """
    مقتل استشهاد وفاة مصرع اغتيال إعدام تصفية ارتقاء قتل قتلت يقتل تقتل غرق | أسفر عن مقتل | أسفرت عن مقتل | أدى إلى
    مقتل | أدت إلى مقتل | أودى بحياة | أودت بحياة | ما أسفر عن مقتل | مما أسفر عن مقتل | ما أدى إلى مقتل | مما أدى إلى
    مقتل | ما أسفر عن استشهاد | مما أسفر عن استشهاد | أسفرت عن استشهاد | أدى إلى استشهاد | راح ضحيته | راح ضحيتها | ما
    أدى إلى استشهاد | مما أدى إلى استشهاد | تسفر عن مقتل | أسفر عن استشهاد | أودى ب حياة | أودت ب حياة | خلف مقتل""",
            word_class.KILLED_AND_INJURED: "| مقتل و إصابة | مقتل أو إصابة | مقتل و جرح | استشهاد و إصابة",
            word_class.INJURED: "إصابة جرح أصيب أصابت",
            word_class.DETAINED: "اعتقال توقيف احتجاز اعتقلت تعتقل",
            word_class.ABDUCTED: "خطف اختطاف",
            word_class.MISSING: "فقدان فقد",
            word_class.DISPLACED: "نزوح تهجير تشريد",
            word_class.MORE: "| مزيد من",
        }
    ),
}
_SUBJECTS = classified(
    {
        word_class.NEUTRAL: """
    على ارتفاع ارتفع ارتفعت ترتفع يرتفع انخفاض في من جراء حرب زلزال قصف هجوم عدوان إسرائيلي غزة قطاع سوريا لبنان سودان
    يمن عراق إجمالية رسمية أولية جديدة مؤقتة""",
        word_class.PERSON: "حصيلة عدد إجمالي مجموع ضحايا أعداد | عدد ضحايا",
        word_class.KILLED: "قتلى شهداء وفيات | عدد قتلى | عدد شهداء | حصيلة قتلى | حصيلة شهداء | حصيلة وفيات",
        word_class.INJURED: "جرحى مصابين إصابات | عدد جرحى | عدد مصابين",
        word_class.MISSING: "مفقودين | عدد مفقودين",
        word_class.DISPLACED: "نازحين | عدد نازحين",
        word_class.DETAINED: "معتقلين | عدد معتقلين",
    }
)
_VERBS = classified(
    {
        "": "إلى بلغ بلغت تبلغ يبلغ : هو هي | وصل إلى | وصلت إلى | تصل إلى | بلغ عددهم",
        "more_than": "تجاوز تجاوزت تتجاوز يتجاوز فاق فاقت تخطى تخطت | زاد عن | زادت عن | يزيد عن | تزيد عن",
        "about.one": "| يقترب من | تقترب من | اقترب من | اقتربت من",
    }
)
_ATTACK_VERBS = {
    **{
        (verb, *life): f"{word_class.FATE}killed"
        for verb in ("أودت", "أودى", "تودي", "يودي")
        for life in (("بحياة",), ("ب", "حياة"))
    },
    **{
        (*verb, toll): f"{word_class.FATE}killed"
        for verb in phrases("أسفر عن | أسفرت عن | تسفر عن | يسفر عن | أدى إلى | أدت إلى | تؤدي إلى | يؤدي إلى")
        for toll in ("مقتل", "استشهاد", "مصرع", "وفاة")
    },
    **classified(
        {
            word_class.KILLED: "تقتل يقتل قتلت قتل",
            word_class.DETAINED: "تعتقل يعتقل اعتقلت اعتقل",
            word_class.INJURED: "تصيب يصيب أصابت",
            word_class.LEFT: "توقع يوقع أوقع أوقعت تخلف خلف خلفت يخلف",
        }
    ),
}
_BESIDE = "في أي من أو و بين حتى الآن لحظة أحد يسقط تسجل تسجيل يقتل يصب أن"


def _table(listed: Mapping[Phrase, _T]) -> PhraseTable[_T]:
    return PhraseTable(_plainly(listed))


_NUMERALS = Numerals(
    below_100=PhraseTable(_BELOW_100),
    hundreds=PhraseTable(_HUNDREDS),
    joins=frozenset({"و"}),
    mixed=True,
    scales=PhraseTable(_SCALES),
    alone=PhraseTable(_ALONE),
    halves=_table(dict.fromkeys(phrases("و نصف | و نصف مليون | و نصف مليار | و نصف ألف"), "")),
    named=PhraseTable(_NAMED),
    nouns=_table(COUNTED_ALONE),
    words=all_words([_BELOW_100, _HUNDREDS, _ALONE, _NAMED, _plainly(COUNTED_ALONE)]),
)
_SEVERALLY = _table(ends(_SEVERAL))
_AROUND = _plainly(AROUND)
_TABLES = (
    _AROUND, _SCALES, _SEVERALLY.entries, _plainly(_BOUNDS), _plainly(_SUFFIXES), _plainly(_LEADS),
    _plainly(_SUBJECTS), _plainly(_VERBS), _plainly(_ATTACK_VERBS),
)  # fmt: skip
_KNOWN = _NUMERALS.words | all_words(_TABLES) | {"و", "بين", "نصف"}

AR_1 = Vocabulary(
    name="ar/1",
    grouping=",.'\u2019\u00a0\u202f\u2009\u066c",
    decimal=".,\u066b",
    numerals=_NUMERALS,
    bounds=_table(_BOUNDS),
    suffixes=_table(with_enclosed(_SUFFIXES)),
    lead_ins=_table(_LEADS),
    subjects=_table(_SUBJECTS),
    verbs=_table(_VERBS),
    worded=_SEVERALLY,
    around=PhraseTable(_AROUND),
    zero_words=_table(
        {
            **dict.fromkeys([("لا", "أحد"), ("لا", "شيء")], False),
            **dict.fromkeys([("لا",), ("لا", "يوجد"), ("لا", "توجد"), ("دون",), ("بدون",), ("ب", "دون")], True),
        }
    ),
    zero_context=frozenset(plain(_BESIDE).split()),
    singular_people=frozenset(),
    range_pairs={"بين": frozenset({"و"}), "من": frozenset({"الي"})},
    range_joins=frozenset({"الي", "او"}),
    unknown_words=frozenset({"مجهول", "معروف", "غير"}),
    hint=" (words of another language: name its lexicon beside them in “lexicon”, such as “en/2”)",
    partitive=True,
    split=splitter(_KNOWN),
    attack_verbs=_table(_ATTACK_VERBS),
    headline_marks=all_words([_plainly(_ATTACK_VERBS)]) | {":"},
)
