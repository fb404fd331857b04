"""The GraphQL side of the stand-in for GitLab: the schema, how a query is judged, and what each field answers."""
