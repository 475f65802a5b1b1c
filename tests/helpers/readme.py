"""The README's commands, with what it shows of their output."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

_BLOCK = re.compile(
    r"^```sh\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Commands that stand together.

    Attributes:
        commands: each in one line, without its comment.
        output: what is shown of their output, None where nothing is.
    """

    commands: tuple[str, ...]
    output: str | None


def read_blocks(text: str) -> list[Block]:
    """The blocks of commands in a page, in order."""
    return [
        Block(commands=tuple(_commands(found["commands"])), output=found["output"])
        for found in _BLOCK.finditer(text)
    ]


def with_outputs(text: str, outputs: dict[str, str]) -> str:
    """The page with each shown output replaced by that of the block that these commands make."""

    def replaced(found: re.Match[str]) -> str:
        if found["output"] is None:
            return found[0]
        output = outputs["\n".join(_commands(found["commands"]))]
        return f"```sh\n{found['commands']}```\n\n```text\n{output}```\n"

    return _BLOCK.sub(replaced, text)


def _commands(lines: str) -> list[str]:
    joined = lines.replace("\\\n", " ").splitlines()
    return [shlex.join(words) for line in joined if (words := shlex.split(line, comments=True))]
