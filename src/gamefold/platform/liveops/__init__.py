"""Live operations: what operators do to worlds, numbers, games and accounts while everything runs.

live_game    what a game may offer to operators, for itself
router       all routes, at the server's root
desk         what the routes work with
described    what the routes say of themselves
worlds       look at worlds, roll them back, fork them
parameters   the numbers of a game, changed while its worlds run
games        events, grants, restores, seasons, leaderboards: a game's own
accounts     bans
audit        who did what
anomalies    what looks wrong, and what somebody thought of it
"""
