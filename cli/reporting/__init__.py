"""The report: how much time went where in a range of days, and every second by which Toggl and GitLab differ."""
