"""Runs every NNN.py of a folder in an empty folder of its own; leaves NNN.out and NNN.err beside it.

Each program gets a fork of this interpreter, so that one start-up serves all and none can disturb the next.
"""

import os
import pathlib
import runpy
import subprocess
import sys
import traceback


def run_here(script, out, err, folder):
    os.chdir(folder)
    sys.stdin = open(os.devnull)
    with open(out, "wb", buffering=0) as stdout, open(err, "wb", buffering=0) as stderr:
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
    try:
        runpy.run_path(str(script), run_name="__main__")
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()


def main(root):
    for script in sorted(pathlib.Path(root).glob("*.py")):
        out, err = script.with_suffix(".out"), script.with_suffix(".err")
        folder = script.with_suffix("")
        folder.mkdir()
        if hasattr(os, "fork"):
            child = os.fork()
            if child == 0:
                run_here(script, out, err, folder)
                os._exit(0)
            os.waitpid(child, 0)
        else:
            with open(out, "wb") as stdout, open(err, "wb") as stderr:
                command = [sys.executable, "-I", "-X", "utf8", str(script)]
                subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)


main(sys.argv[1])
