"""Answers about one incident at one moment: gather its inputs, fold them, finish the view, digest the document."""
