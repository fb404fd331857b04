"""The Toggl client: the only place that knows Toggl's paths, fields and status codes."""
