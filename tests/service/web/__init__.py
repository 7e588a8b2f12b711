"""The page, looked at in a real Chromium."""
