"""Out: the published tables."""
