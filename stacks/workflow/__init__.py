"""The states of a run, and the state machine of them."""
