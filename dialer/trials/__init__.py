"""Working days in virtual time, to try paces on: `dialer pace simulate`, `./run bench pacing`.

scenario   what a day is like, and reading it from a file
people     who answers what, and after how long; what talks last: drawn from a seed, the same for every policy
day        the day itself, event by event; it asks a policy how many calls, and tells it what happened
policy     what a policy is; ours, and one call for each operator
vicidial, omnidialer, simple   what other dialers do, to be beaten
policies   all of them by name, and what of each a bench may turn
trial      one policy on one day; and what ours knows when that day begins
figures    what came of a day
clairvoyant  what could be reached by somebody who knows the future
"""
