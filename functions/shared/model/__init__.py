"""The domain's types. They are made at the edges (the clients, the handlers) and travel through the core unchanged.

Each type that crosses between states writes and reads its own JSON, and nobody else does. Versions of the functions
meet in a run that is under way while a new one is deployed: a key that a type does not know is passed over, and a field
with a default need not be there.
"""
