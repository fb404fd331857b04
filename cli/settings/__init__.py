"""The settings and tokens that a person has in the environment and in `.env`."""
