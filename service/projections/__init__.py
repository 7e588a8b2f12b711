"""Read models: tables across incidents that are rebuilt from the log (slot `tables`), and what keeps them current."""
