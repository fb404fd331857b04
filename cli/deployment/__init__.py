"""A deployment as the commands find it: its place, its settings, its record, and what belongs to it."""
