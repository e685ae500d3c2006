"""Conversations: `arrive`, `waiting`, `guide`; `record` with one of us. No IO, no clock: values in, steps out."""
