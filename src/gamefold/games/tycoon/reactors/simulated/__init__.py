"""Simulated players: the same intents as people's, in a running server or in a season without one."""
