"""HTTP machinery: what every game's routes stand on. Knows no game, no engine host and no database."""
