"""The widget panel: sliders, buttons, views and history over the session, for people who click."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from galai_jupyter.session import get_session

if TYPE_CHECKING:
    import ipywidgets

    from galai_jupyter.widget_panel.controller import Controller

_lock = threading.Lock()
_current: tuple[Controller, ipywidgets.Widget] | None = None


def panel() -> ipywidgets.Widget:
    """Return a widget with everything that the magics can do; a notebook shows it.

    All panels of a kernel belong to the one session and stay in step; each can be closed on its
    own. The session's model, history and lock are shared with the magics.

    Returns
    -------
    ipywidgets.Widget
        Made of ipywidgets' own widgets only. Without a kernel it is an inert one.

    Examples
    --------
    >>> import galai_jupyter as gal
    >>> gal.panel()
    <GalacticaPanel>
    """
    from galai_jupyter.widget_panel.view import GalacticaPanel

    return GalacticaPanel(*_controller())


def _controller() -> tuple[Controller, ipywidgets.Widget]:
    """Return the session's controller and its widgets; new ones where these were closed."""
    from galai_jupyter.widget_panel.controller import Controller
    from galai_jupyter.widget_panel.view import lay_out, walk

    global _current
    with _lock:
        session = get_session()
        before = _current
        if before is not None:
            controller, content = before
            if controller.session is session and all(each.comm for each in walk(content)):
                return before
            controller.close()
        controller = Controller(session)
        if before is not None:
            controller.form.prompt.value = before[0].form.prompt.value
        _current = controller, lay_out(controller)
        return _current
