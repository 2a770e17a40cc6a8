"""`python -m compare`: the command where another program is called `compare`."""

from compare.cli import main

if __name__ == "__main__":
    main()
