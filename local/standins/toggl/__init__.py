"""The stand-in for Toggl Track."""
