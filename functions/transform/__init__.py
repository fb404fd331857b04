"""TransformEntries: filter, match, round, dedupe; entries in, a plan out."""
