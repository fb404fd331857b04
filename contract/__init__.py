"""What the deployed state machine and the code that it runs must agree on; imports neither side."""
