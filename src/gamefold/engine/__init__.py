"""Runs worlds; knows no game, no web, no database."""
