"""The languages of the page: sentences, plural forms, numerals, dates, and labels of codes."""
