"""What keeps the lake well: many small segments become one, and every byte is looked at now and then."""
