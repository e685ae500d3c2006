"""`python -m dialer`, which `./run` hands over to."""

from dialer.cli import main

if __name__ == "__main__":
    main()
