"""Conversations: `arrive`, `waiting`, `guide`. No IO, no clock: values in, steps out."""
