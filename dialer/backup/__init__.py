"""A centre in one encrypted file, and a centre made of it again.

sealing    the cipher: chunks in order, each authenticated, the last one known as such
keys       the key file, which is kept elsewhere
contents   what is in a backup, and its manifest
dumping    Postgres's own tools
making     writes one
reading    reads one, checking all of it
restoring  makes an empty place into the centre that was
"""
