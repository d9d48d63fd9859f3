"""How and when: what would be the same in any warehouse. Nothing here knows a table by name."""
