"""The form of every answer, for `/openapi.json`: what clients may rely on, written down apart from the worlds.

Routes answer with JSON they have written themselves (`envelope.Shown`), because its decimals are exact and nothing is
checked twice on hot routes. So these models make no answers; tests hold every answer of every test against them.
"""
