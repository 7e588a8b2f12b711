"""Counts in words and digits, read by a versioned lexicon; a phrase with an unknown word is refused."""
