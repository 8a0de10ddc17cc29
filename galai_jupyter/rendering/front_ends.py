"""The kernel's environment in; whether the front-end typesets maths in HTML outputs, out."""

from __future__ import annotations

import os
import sys


def typesets_html() -> bool:
    """Return False in VS Code and Colab, which typeset maths in Markdown outputs only.

    VS Code leaves a name in the notebook's namespace, also with a remote kernel; the environment
    tells as well, unless a Jupyter server (started in a terminal of VS Code) started the kernel.
    """
    if "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ:
        return False
    if hasattr(sys.modules.get("__main__"), "__vsc_ipynb_file__"):
        return False
    return "VSCODE_PID" not in os.environ or "JPY_SESSION_NAME" in os.environ
