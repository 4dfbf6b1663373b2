"""``python -m custsim`` is the command line."""

from custsim.cli import main

if __name__ == "__main__":
    main()
