"""What stands on sites: rigs that work, wear, fail and are mended. Known to the region's rules and to standing orders.

Rigs are looked at only when something happens to them (tycoon-simulation.md section 1.4). A site counts how much its
rigs have worked (`Sites.load`); a rig's wear is a function of that count and of how it was started, and so is the load
at which it fails, because its failure is drawn when it starts. A tick costs what its sites cost, not its rigs.
"""
