"""What is too large for the state: files of a run in S3, what fits, and the totals of rows."""
