"""A game backend where every world is a fold over a durable journal."""
