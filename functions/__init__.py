"""What runs in AWS Lambda: one folder per step of a run, in the order of the data."""
