"""The one exception for bad input: its message is the sentence that a user reads."""


class InputError(ValueError):
    """A file, option or value is not what it should be.

    The message is one sentence that names the thing, what was found and what was expected. The command
    line prints it and exits with status 2.
    """
