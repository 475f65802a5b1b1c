"""`python -m surveil_reid` is the command line."""

from surveil_reid.cli import main

if __name__ == "__main__":
    main()
