"""Looks for what goes wrong in practice, also when nothing runs: one finding for each thing, and how to mend it.

machine    clock, zone, disks, modes of secrets, fonts
tls        the certificate of the pages
network    ports, the carrier
exchange   what Asterisk lets us do
tables     the database, its migrations, the last backup
looking    all of it
kept       the last check-up, for pages
version    of the program
"""
