"""FetchEntries: checks the input, resolves the window and the settings, reads the Toggl entries."""
