"""The page: its layout, and which control does what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from x2face_core.bounds import LONGEST
from x2face_plugins.run_options import RunOptions
from x2face_plugins.settings import read_settings
from x2face_web import showing
from x2face_web.canvas import SIDE
from x2face_web.components import Page
from x2face_web.controls import control_of
from x2face_web.guarding import Ownership
from x2face_web.handlers import Handlers
from x2face_web.panels import unusable
from x2face_web.studio import Studio
from x2face_web.visits import Visits
from x2face_web.widgets import Component, Widget, driver_widgets, widget

OF_SOURCE = ("size", "face", "crop", "crop_scale", "source_frames", "fusion", "force", "no_completion")
OF_SERVER = (
    "source", "embedded", "output", "overwrite", "record", "manifest", "weights", "mapping", "engine", "device",
    "dtype", "batch_size", "strict_plugins", "c2pa_certificate", "c2pa_key",
)  # fmt: skip
"""Options of a run that concern the server's files, or how the session is loaded; all others are on the page."""
DAY = 86_400


def build(studio: Studio, visits: Visits, ownership: Ownership) -> gr.Blocks:
    """The page with all its handlers."""
    blocks = gr.Blocks(title="x2face studio", analytics_enabled=False, delete_cache=(3600, DAY))
    with blocks:
        gr.Markdown("# x2face studio\nEverything stays on this machine. Ask people before you animate them.")
        with gr.Row():
            page = _layout(studio)
            handlers = Handlers(studio, visits, page)
        _wire(handlers, ownership, blocks)
    blocks.queue(max_size=studio.options.max_waiting, default_concurrency_limit=2, api_open=False)
    return blocks


def _layout(studio: Studio) -> Page:
    with gr.Column(min_width=320, elem_classes="studio-column"):
        parts = _face() | _painting()
    with gr.Column(min_width=320, elem_classes="studio-column"):
        parts |= _by_hand(studio)
    with gr.Column(min_width=320, elem_classes="studio-column"):
        parts |= _drivers(studio) | _film(studio)
    return Page(**parts)


def _drivers(studio: Studio) -> dict[str, Any]:
    gr.Markdown("## 4 What drives it\nTheir motion adds up. Those of plugins are here as soon as they are installed.")
    drivers = tuple(driver_widgets(one) for one in studio.panels)
    gr.HTML(showing.unusable(dict(unusable(studio.session.registry))))
    return {"drivers": drivers}


def _run_options(names: Sequence[str], longest: float = LONGEST) -> tuple[Widget, ...]:
    """Widgets of options of a run. longest: seconds that a film may last"""
    declared = {one.name: one for one in read_settings(RunOptions)}
    declared["seconds"] = replace(declared["seconds"], max=longest)
    return tuple(widget(control_of(declared[name])) for name in names)


def _face() -> dict[str, Any]:
    gr.Markdown("## 1 The face")
    sources = gr.File(
        label="Pictures, or a film, of one person", file_count="multiple", type="filepath", height=150, elem_id="source"
    )
    with gr.Accordion("Take a picture with the camera", open=False):
        camera = gr.Image(
            label="Picture from the camera",
            sources=["webcam"],
            type="filepath",
            format="png",
            buttons=["download", "fullscreen"],  # gradio's other one shares, on a site elsewhere
            elem_id="camera",
        )
    with gr.Accordion("Options of the face", open=False):
        options = _run_options(OF_SOURCE)
    advice = gr.HTML(showing.note("Choose a picture of a face."), elem_id="advice")
    return {"sources": sources, "camera": camera, "source_options": options, "advice": advice}


def _painting() -> dict[str, Any]:
    gr.Markdown(
        "## 2 Paint\nThe face laid out flat: what is painted here stays where it is on the face, whatever drives it. "
        "Without a mouse, put a picture at a named place with the driver *edit*."
    )
    canvas = gr.ImageEditor(
        label="Canvas",
        image_mode="RGBA",
        type="numpy",
        format="png",
        sources=(),
        transforms=(),
        layers=False,
        brush=gr.Brush(default_size=6),
        canvas_size=(SIDE, SIDE),
        fixed_canvas=True,
        buttons=[],
        elem_id="canvas",
    )
    marks = gr.Checkbox(False, label="Show the named places", elem_id="marks")
    return {"canvas": canvas, "marks": marks, "canvas_status": gr.HTML(elem_id="canvas-status")}


def _by_hand(studio: Studio) -> dict[str, Any]:
    gr.Markdown("## 3 Move it by hand")
    preview = gr.HTML(elem_id="preview")
    status = gr.HTML(elem_id="preview-status")
    made = {
        one: gr.Slider(
            -one.reach, one.reach, 0, step=one.step, label=f"{one.label} ({one.unit})", elem_id=_slug(one.label)
        )
        for one in studio.sliders
    }
    hold = gr.Checkbox(False, label="Hold this in the film", info="As a motion file, for --track.", elem_id="hold")
    return {"preview": preview, "preview_status": status, "sliders": made, "hold": hold}


def _slug(label: str) -> str:
    return f"slider-{label.replace(' ', '-')}"


def _film(studio: Studio) -> dict[str, Any]:
    gr.Markdown("## 5 The film")
    with gr.Accordion("Options of the film", open=False):
        named = [one.name for one in read_settings(RunOptions)]
        options = _run_options([one for one in named if one not in OF_SERVER + OF_SOURCE], studio.options.max_seconds)
    with gr.Row():
        make = gr.Button("Make the film", variant="primary", elem_id="make")
        cancel = gr.Button("Cancel", elem_id="cancel")
    return {
        "film_options": options,
        "make": make,
        "cancel": cancel,
        "progress": gr.HTML(elem_id="progress"),
        "result": gr.HTML(elem_id="result"),
        "command": gr.HTML(elem_id="command"),
    }


def _wire(handlers: Handlers, ownership: Ownership, blocks: Any) -> None:
    page = handlers.page
    _on_source(handlers)
    _on_preview(handlers)
    film = [page.progress, page.result]
    _on([page.make.click], handlers.film, page.of_film, film, concurrency_limit=handlers.studio.options.max_waiting + 1)
    _on([page.cancel.click], handlers.cancel, None, [page.progress], queue=False)
    _on(_changes(page.of_film), handlers.tell, page.of_film, [page.command], queue=False)
    for driver in page.drivers:
        if uploads := driver.uploads:
            _on([one.change for one in uploads], _any_given, list(uploads), [driver.used], queue=False)

    def leave(request: gr.Request) -> None:
        owner = handlers.visits.close(str(request.session_hash))
        if owner is not None:
            ownership.forget(owner)

    blocks.unload(leave)


def _any_given(*uploads: Any) -> bool:
    return any(one is not None for one in uploads)


def _on_source(handlers: Handlers) -> None:
    page = handlers.page
    outputs = [page.advice, page.canvas, page.preview, page.preview_status, page.canvas_status, *page.sliders.values()]
    inputs = page.of_source | page.of_framing | {page.marks}
    loaded = _on(_changes(page.of_source), handlers.load, inputs, outputs, show_progress="minimal")
    told = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    loaded.then(handlers.tell, page.of_film, [page.command], **told)  # which could say nothing without a face


def _on_preview(handlers: Handlers) -> None:
    page = handlers.page
    sliders = set(page.sliders.values())
    _on(_changes(sliders), handlers.slide, sliders, [page.preview, page.preview_status], queue=False)
    framed = page.of_framing | page.of_source | page.of_overlays | sliders
    _on(_changes(page.of_framing), handlers.frame, framed, [page.preview, page.preview_status], queue=False)
    paint, status = page.of_overlays | {page.canvas}, [page.canvas_status]
    _on(_changes(paint), handlers.paint, paint | sliders, [page.preview, *status], queue=False)
    _on([page.marks.change], handlers.mark, {page.marks, page.canvas}, [*status, page.canvas], queue=False)


def _changes(components: set[Component]) -> list[Any]:
    return [one.change for one in sorted(components, key=lambda one: one._id)]


def _on(events: list[Any], handler: Any, inputs: Any, outputs: list[Component], **more: Any) -> Any:
    """Call a handler at any of the events; of events that come too fast the last one counts.

    Handlers of previews do not queue, which takes a third of their time. Progress is shown on the first output alone:
    gradio tells every component that may show some of every event, and the canvas sends all its pictures then.
    """
    usual = {"trigger_mode": "always_last", "show_progress": "hidden", "api_visibility": "private"}
    return gr.on(events, handler, inputs, outputs, show_progress_on=outputs[:1], **(usual | more))
