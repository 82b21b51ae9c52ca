"""Accounts: who somebody is, how they show it, and how that ends.

addresses, passwords, profiles   what may be chosen
tables, users                    what is kept about a person
access_tokens, refresh_tokens    what a client holds
families, revocations            which of it still counts
throttle                         how often one may guess
service                          everything a game's routes ask for
players, sockets                 FastAPI's view: who sends this request
"""
