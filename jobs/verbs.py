"""How a module of commands adds its verbs to `python -m jobs.run`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from typing import Any, Never, Protocol

from jobs.errors import ExitCode


class OneLineParser(ArgumentParser):
    """A parser that says in one line what is wrong; `--help` shows the rest."""

    def error(self, message: str) -> Never:
        """End with exit code 2; what was typed may hold line breaks of its own."""
        self.exit(ExitCode.BAD_INPUT, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


class Verb(Protocol):
    """Adds one verb and returns its parser, to which the verb's own arguments are added."""

    def __call__(self, name: str, command: Callable[[Namespace], int], sentence: str) -> ArgumentParser:
        """command: what the verb does with the parsed options; it returns the exit code."""


def verbs_with(verbs: Any, examples: str) -> Verb:
    """Adds verbs to the parsers `verbs`; the help of each ends with the examples of its module."""

    def verb(name: str, command: Callable[[Namespace], int], sentence: str) -> ArgumentParser:
        added: ArgumentParser = verbs.add_parser(
            name, help=sentence, description=sentence, epilog=examples, formatter_class=RawDescriptionHelpFormatter
        )
        added.add_argument("--verbose", action="store_true", help="say more")
        added.set_defaults(command=command)
        return added

    return verb
