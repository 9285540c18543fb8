"""The commands of `mien`, one a module.

Each has `add(commands)`, which says what the command takes, and `run(options)`, which does it and prints.
What a command needs is imported when it runs, so that the others start quickly.
"""
