"""Stands for the program `go` in tests: notes how it was called and writes text where a binary would be."""

import json
import os
import signal
import sys
from pathlib import Path


def note(arguments: list[str]) -> None:
    with Path(os.environ["FAKE_GO_CALLS"]).open("a") as calls:
        calls.write(" ".join([*arguments, f"cwd={Path.cwd()}"]) + "\n")


def answer(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def build(arguments: list[str]) -> None:
    output = arguments[arguments.index("-o") + 1]
    packages = arguments[arguments.index("-o") + 2 :]
    targets = (
        [Path(output, package.rpartition("/")[2]) for package in packages] if output.endswith("/") else [Path(output)]
    )
    for number, target in enumerate(targets):
        tell(f"example.org/package{number}")
        target.write_text("half")
        interrupt()
        target.write_text(json.dumps({path.name: path.read_text() for path in Path.cwd().glob("*.json")}))


def interrupt() -> None:
    if "FAKE_GO_FAIL" in os.environ:
        tell("main.go:7: broken")
        sys.exit(1)
    if "FAKE_GO_HANG" in os.environ:
        Path(os.environ["FAKE_GO_HANG"]).write_text(str(os.getpid()))
        signal.pause()


def main(arguments: list[str]) -> None:
    note(arguments)
    if arguments[:2] == ["env", "-json"]:
        answer(os.environ.get("FAKE_GO_SETTINGS", "{}"))
    elif arguments[0] == "env":
        answer(os.environ.get("FAKE_GO_VERSION", "go1.99.0"))
    elif arguments[0] == "list":
        tell("go: downloading example.org/module v1.0.0")
        answer("example.org/package0\n\nexample.org/package1")
    elif arguments[0] == "mod":
        answer(json.dumps({"Dir": os.environ["FAKE_GO_MODULE"]}))
    elif arguments[0] == "build":
        build(arguments)


main(sys.argv[1:])
