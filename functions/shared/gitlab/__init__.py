"""The GitLab client: the only place that knows GitLab's paths, fields, limits and error texts."""
