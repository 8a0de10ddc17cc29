"""No input; buttons, those that begin and end a generation among them, out."""

from __future__ import annotations

import ipywidgets as widgets


class Buttons:
    """Generate, Stop, Continue, Another, Keep.

    Attributes
    ----------
    generate, stop, go_on, another, keep : ipywidgets.Button
        The buttons.
    box : ipywidgets.Widget
        All of them but `keep`, which stands beside the result.
    """

    def __init__(self) -> None:
        self.generate = make_button(
            "Generate", "play", "Continue the prompt with the settings below", "primary"
        )
        self.stop = make_button("Stop", "stop", "End what is running; its text is kept", "danger")
        self.go_on = make_button(
            "Continue", "forward", "Go on where the text that is shown stopped"
        )
        self.another = make_button("Another", "random", "The same request with another seed")
        self.keep = make_button(
            "Keep in notebook", "thumb-tack", "Write what is shown as an output that stays"
        )
        self.box = widgets.Box(
            [self.generate, self.stop, self.go_on, self.another],
            layout={"display": "flex", "flex_flow": "row wrap"},
        )

    def enable(self, *, working: bool, busy: bool, shown: bool) -> None:
        """Enable what can be pressed now.

        Parameters
        ----------
        working : bool
            Whether the panel itself is at work.
        busy : bool
            Whether anything generates.
        shown : bool
            Whether there is a result.
        """
        self.generate.disabled = working
        self.stop.disabled = not (working or busy)
        self.go_on.disabled = self.another.disabled = working or not shown
        self.keep.disabled = not shown


def make_button(description: str, icon: str, tooltip: str, style: str = "") -> widgets.Button:
    """Return a button; its class is ``galai-`` and its name: ``galai-run-it``."""
    button = widgets.Button(
        description=description,
        icon=icon,
        tooltip=tooltip,
        button_style=style,
        layout={"width": "auto"},
    )
    name = description.lower().replace("'", "").replace(" ", "-")
    button.add_class(f"galai-{name}")
    return button
