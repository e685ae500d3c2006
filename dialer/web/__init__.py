"""Pages for people: signing in, the operators' desk, the browser's way to the telephone (README.md)."""
