"""What Asterisk asks us during a call of somebody who calls: where it goes, what is said meanwhile.

steps      what a script may do: say, play music, record, ask for a variable, note what happened
scripts/   conversations as generators, without IO and without a clock
running    plays a script on a session
session    one AGI connection, guarded: pyst2's AGI class with its hazards mended
server     the FastAGI server: threads, a cap, time limits, this machine only
ports      what the scripts need of a store
records    writes what happened from the threads, keeps what cannot be written yet
office     the rules and texts in force, read again every few seconds
caller_files   by what the dialplan goes while this server is away
process    `dialer agi`

    CallEnded      the caller hung up, or the engine took the call away: the script is over
    NotASession    whoever connected is no Asterisk
"""
