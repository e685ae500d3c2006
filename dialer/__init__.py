"""The engine of Yobikake: outbound calls, hearing, pacing, operators and outcomes."""
