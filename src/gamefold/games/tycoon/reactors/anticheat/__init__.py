"""Anti-cheat: looks at what was traded, off the ticks, and hands what looks wrong to people. It never bans anybody.

records      what detectors look at, as arrays
thresholds   where they draw the line: numbers of the balance sheet
findings     what they say
groups       sums by key, for all of them
pairs        who traded with whom
wash         trading with oneself: pairs and rings
churn        much trading that leads nowhere
transfers    value handed over by mispriced trades
funnels      many feeders, one hub; accounts that share a network
spoofing     orders that were never meant to be filled
pace         too many orders for too few trades, too many commands
rhythm       commands by the clock, day and night
sizes        whether sizes look chosen by people: supports other findings
detect       all of them, in one order
gather       rows of the tables, as records
job          when this is done, and where findings go
"""
