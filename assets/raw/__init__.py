"""In: files become events in the lake, or quarantine rows with a reason."""
