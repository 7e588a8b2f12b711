"""Value types that statements are made of: text types, counts, places, actors, populations, and times."""
