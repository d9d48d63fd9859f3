"""Files in, one batch out: the coordinator, its writers, and what they know of ids. Empty, so that workers import little."""
