"""Stand-ins for both services, on loopback."""
