"""Commands that name tables, one file a group."""
