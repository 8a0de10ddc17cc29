"""Nothing in; a Chromium that Playwright can drive, installed if there is none, out."""

import shutil
import subprocess
import sys


def main() -> None:
    """Use the system's Chromium, else Debian's package, else Playwright's own download."""
    if shutil.which("chromium"):
        return
    if shutil.which("apt-get"):
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "chromium"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    main()
