"""`python -m bench`. Worker processes import this module again, so it imports nothing until it is the one that was started."""

if __name__ == "__main__":
    from bench.command import main

    main()
