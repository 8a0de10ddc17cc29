"""Nothing in; the programs that tests drive, installed where they are missing, out."""

import shutil
import subprocess
import sys

from tests.browser_tools import MATHJAX_VERSIONS, install_mathjax
from tests.releases import RELEASES, install_release

PROGRAMS = ("chromium", "pandoc")
"""A browser for Playwright, and what nbconvert writes LaTeX with."""


def main() -> None:
    """Use what the system has, else Debian's packages, else Playwright's own Chromium."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", *missing]):
            subprocess.run(["apt-get", "-qq", *command], check=True, stdout=subprocess.DEVNULL)
    elif "chromium" in missing:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    if not shutil.which("pandoc"):
        sys.exit("Install pandoc: nbconvert's LaTeX export, which the tests check, needs it.")
    for name in MATHJAX_VERSIONS:  # here, since two test processes would get in each other's way
        install_mathjax(name)
    for name in RELEASES:
        install_release(name)


if __name__ == "__main__":
    main()
