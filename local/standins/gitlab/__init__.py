"""The stand-in for GitLab."""
