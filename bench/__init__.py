"""What this checkout costs in time and memory, measured: `make bench`."""
