"""Pages for operators, developers and spectators over any game."""
