"""What a run would do and why, read from both services in this process."""
