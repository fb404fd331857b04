"""Runs of the state machine: started, followed, and shown to a person."""
