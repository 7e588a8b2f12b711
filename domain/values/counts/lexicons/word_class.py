"""Classes of the words around a figure: a lexicon gives each word and phrase one of them."""

FATE = "fate:"
"""Begins the class of a word that names a measure: `fate:killed`; several are joined by `+`."""
REFUSED = "!"
"""Begins the class of a word that makes a phrase no plain count: `!<reason>`."""

NEUTRAL = ""
PERSON, THING, EQUIPMENT, QUALIFIER, FILLER, CLOSING = "person", "thing", "equipment", "qualifier", "filler", "closing"
PREPOSITION, AGENT, OF, DETERMINER, ARTICLE, COMPLEMENT = "preposition", "agent", "of", "determiner", "article", "noun"
JOIN, INCLUDING, PART_OF, MOSTLY, MORE, MONTH = "join", "including", "part_of", "mostly", "more", "month"
LEFT, LIVES = "left", "lives"
"""Verbs that need “dead” or “lives” behind the figure."""

KILLED, INJURED, KILLED_AND_INJURED = f"{FATE}killed", f"{FATE}injured", f"{FATE}killed+injured"
MISSING, DISAPPEARED, ABDUCTED = f"{FATE}missing", f"{FATE}disappeared", f"{FATE}abducted"
DETAINED, DISPLACED, OTHER_FATE = f"{FATE}detained", f"{FATE}displaced", FATE

COUNTING, COLLECTIVE, GROUP = f"{REFUSED}count", f"{REFUSED}collective", f"{REFUSED}group"
UNIT, RATE, AGE = f"{REFUSED}unit", f"{REFUSED}rate", f"{REFUSED}age"
DOUBT, ALIVE, CHANGE = f"{REFUSED}doubt", f"{REFUSED}alive", f"{REFUSED}change"
