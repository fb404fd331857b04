"""What more than one step needs: the domain types, the GitLab client, HTTP, telemetry."""
