"""Counts in words since `en/2`: every word of a phrase is known to its lexicon, or the phrase is refused by name."""
