"""How the tables came to be, version by version.

There is one line of versions for the whole house: the engine's and every game's. A new one is a file in
`versions/`, numbered on from the last, which names its tables through `naming.Names`.
"""
