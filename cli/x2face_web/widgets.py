"""Gradio's components for controls, and the values that they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from x2face_web.controls import Control
from x2face_web.panels import Panel

Component = Any
Values = Mapping[Component, Any]


@dataclass(frozen=True, eq=False)
class Widget:
    """A control on the page.

    components: one; for a sound two, a file and a recording, which has precedence
    """

    control: Control
    components: tuple[Component, ...]

    def value(self, values: Values) -> Any:
        return next((one for part in reversed(self.components) if (one := values.get(part)) is not None), None)

    def recorded(self, values: Values) -> Any:
        """The recording of a sound; None without one."""
        return values.get(self.components[1]) if self.control.kind == "sound" else None


def widget(control: Control) -> Widget:
    """Make the components of a control, in the layout that is being built."""
    if control.kind == "sound":
        return Widget(control, (_file(control), _recorder(control)))
    return Widget(control, (_MAKERS[control.kind](control),))


def _file(control: Control) -> Component:
    many = "multiple" if control.kind == "files" else "single"
    gr.Markdown(control.info)
    return gr.File(label=control.label, file_count=many, type="filepath", height=130, elem_id=_id(control))


def _recorder(control: Control) -> Component:
    return gr.Audio(
        label=f"{control.label}, recorded",
        sources=["microphone"],
        type="filepath",
        buttons=["download"],  # gradio's others share, on a site elsewhere
        elem_id=f"{_id(control)}-recorded",
    )


def _slider(control: Control) -> Component:
    one = control.setting
    return gr.Slider(one.min, one.max, control.value, step=control.step, **_labels(control))


def _number(control: Control) -> Component:
    """A text, as gradio's numbers cannot be empty."""
    shown = "" if control.value is None else f"{control.value:g}"
    return gr.Textbox(shown, placeholder=control.setting.metavar or "default", **_labels(control))


def _text(control: Control) -> Component:
    return gr.Textbox(control.value, placeholder=control.setting.metavar, max_lines=6, **_labels(control))


def _choice(control: Control) -> Component:
    return gr.Dropdown(list(control.choices), value=control.value, **_labels(control))


def _combination(control: Control) -> Component:
    choices = list(control.choices)
    return gr.Dropdown(choices, value=control.value or None, allow_custom_value=True, **_labels(control))


def _choices(control: Control) -> Component:
    return gr.CheckboxGroup(list(control.choices), value=control.value, **_labels(control))


def _switch(control: Control) -> Component:
    return gr.Checkbox(bool(control.value), **_labels(control))


def _labels(control: Control) -> dict[str, Any]:
    return {"label": control.label, "info": control.info or None, "elem_id": _id(control), "interactive": True}


def _id(control: Control) -> str:
    return "-".join(control.label.split())


_MAKERS: dict[str, Callable[[Control], Component]] = {
    "switch": _switch,
    "slider": _slider,
    "number": _number,
    "text": _text,
    "choice": _choice,
    "choices": _choices,
    "combination": _combination,
    "file": _file,
    "files": _file,
}


@dataclass(frozen=True, eq=False)
class DriverWidgets:
    """A panel on the page: whether its driver is in use, and its controls."""

    panel: Panel
    used: Component
    widgets: tuple[Widget, ...]

    @property
    def components(self) -> list[Component]:
        return [self.used, *(part for one in self.widgets for part in one.components)]

    @property
    def uploads(self) -> list[Component]:
        """What is uploaded or recorded for its input, which puts the driver in use."""
        wanted = [one for one in self.widgets if one.control.is_upload and one.control.setting.name == "input"]
        return [part for one in wanted for part in one.components]

    def given(self, values: Values) -> dict[str, Any]:
        """Its settings by field, those that are not the defaults. UsageError for what cannot be."""
        return self.panel.given([one.value(values) for one in self.widgets])

    def recorded(self, values: Values) -> list[Path]:
        """What was recorded on the page, which its user has no file of."""
        return [Path(path) for one in self.widgets if (path := one.recorded(values))]


def driver_widgets(panel: Panel) -> DriverWidgets:
    """Build the panel of a driver, folded."""
    with gr.Accordion(f"{panel.name} – {panel.spec.summary}", open=False, elem_id=f"driver-{panel.name}"):
        if panel.dist != "x2face":
            gr.Markdown(f"Of {panel.dist} {panel.version}.")
        used = gr.Checkbox(False, label=f"Use {panel.name}", elem_id=f"use-{panel.name}", interactive=True)
        own = [widget(one) for one in panel.own]
        with gr.Accordion(f"{panel.name}: weight, window and parts", open=False):
            desk = [widget(one) for one in panel.desk]
    return DriverWidgets(panel, used, (*own, *desk))


def in_use(drivers: Sequence[DriverWidgets], values: Values) -> list[tuple[Panel, dict[str, Any]]]:
    """The panels whose driver is in use, each with its settings by field."""
    return [(one.panel, one.given(values)) for one in drivers if values.get(one.used)]
