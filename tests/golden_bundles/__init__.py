"""Bundles of this release and earlier ones, one of each view by each policy; later releases must verify them all."""
