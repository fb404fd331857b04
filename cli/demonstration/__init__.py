"""A sample day, synced three times on a local AWS and judged."""
