"""Maps without a network: land and borders of Natural Earth, drawn as SVG for any box."""
