"""Changes between readings: series and steps of figures, newly reported claims, differences, duplicates."""
