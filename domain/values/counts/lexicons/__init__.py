"""Lexicons: the phrases by which a count is read in each language, one versioned lexicon each."""
