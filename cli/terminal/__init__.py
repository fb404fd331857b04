"""How the commands speak to a person at a terminal."""
