"""Pure rules: values in, decisions with their reasons out. No IO, no clock, no logging, no async."""
