"""What the page does when a control is used: from the values of components to the values of others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr

from x2face_core.errors import X2FaceError
from x2face_plugins.run_options import RunOptions, options_given
from x2face_plugins.settings import convert, read_settings
from x2face_plugins.words import flag_of
from x2face_web import showing
from x2face_web.canvas import ground
from x2face_web.components import Page
from x2face_web.controls import given as given_by
from x2face_web.film_requests import FilmForm, film_command, film_request
from x2face_web.films import FilmTask
from x2face_web.guarding import COOKIE
from x2face_web.studio import Studio
from x2face_web.visits import Visit, Visits
from x2face_web.widgets import Component, Values, Widget, in_use

Shown = dict[Component, Any]
_LOG = logging.getLogger("x2face.web")
_BEAT = 0.3  # seconds between two looks at a film in the making
POSE = "The face as the sliders show it"


def telling(where: Callable[[Page], Component]) -> Callable[[Any], Any]:
    """Show errors of a handler in a component of the page, as one sentence."""

    def decorated(handler: Any) -> Any:
        @wraps(handler)
        def handle(self: Handlers, *given: Any) -> Any:
            try:
                return handler(self, *given)
            except Exception as error:
                if not isinstance(error, X2FaceError):
                    _LOG.exception("a handler of the page failed")
                return {where(self.page): showing.problem(error)}

        return handle

    return decorated


class Handlers:
    """The handlers of a page, bound to its components."""

    def __init__(self, studio: Studio, visits: Visits, page: Page) -> None:
        self.studio, self.visits, self.page = studio, visits, page

    def visit(self, request: gr.Request) -> Visit:
        return self.visits.of(str(request.session_hash), str(request.cookies.get(COOKIE, "")))

    @telling(lambda page: page.advice)
    def load(self, values: Values, request: gr.Request) -> Shown:
        """Load the face, and say what the suitability check finds."""
        page, visit = self.page, self.visit(request)
        paths = [Path(one) for one in values[page.sources] or ()]
        if taken := values[page.camera]:
            paths.append(visit.kept(Path(taken), showing.CAMERA))
        if not paths:
            visit.face = None
            return self._without_face(showing.note("Choose a picture of a face."))
        options = own_options(page.source_options, values)
        try:
            self.studio.load(visit, paths, own_options(page.framing, values), **options)
        except X2FaceError as error:
            _LOG.info("a source was refused: %s", error)
            found = showing.advice(self._checked(paths, options)) if len(paths) > 1 else ""
            return self._without_face(showing.problem(error) + found)
        face = visit.loaded()
        return {
            page.advice: showing.advice(self._checked(paths, options)),
            page.canvas: _ground(visit, bool(values[page.marks]), []),
            page.preview: showing.preview(self.studio.preview(visit, {}), f"The face of {paths[0].name}"),
            page.preview_status: showing.note(_count(len(face.crops))),
            page.canvas_status: "",
            **dict.fromkeys(page.sliders.values(), 0),
        }

    def _without_face(self, advice: str) -> Shown:
        page = self.page
        return {page.advice: advice, page.canvas: None} | dict.fromkeys(
            (page.preview, page.preview_status, page.canvas_status), ""
        )

    def _checked(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Any:
        return self.studio.check(paths, RunOptions(source=tuple(paths), **options).cropping)

    def _framed(self, visit: Visit, values: Values) -> RunOptions:
        own = own_options((*self.page.source_options, *self.page.framing), values)
        return RunOptions(source=visit.sources, **own)

    @telling(lambda page: page.preview_status)
    def frame(self, values: Values, request: gr.Request) -> Shown:
        """Show what the film will show of the source's picture."""
        page, visit = self.page, self.visit(request)
        if visit.face is None:
            return {page.preview_status: ""}
        self.studio.frame(visit, self._framed(visit, values))
        return {page.preview: self._with_overlays(visit, values), page.preview_status: ""}

    @telling(lambda page: page.canvas_status)
    def paint(self, values: Values, request: gr.Request) -> Shown:
        """Put paint and overlays on the preview."""
        page, visit = self.page, self.visit(request)
        if visit.face is None:
            return {page.canvas_status: ""}
        painted = values[page.canvas] or {}
        self.studio.paint(visit, painted.get("layers") or [])
        return {page.preview: self._with_overlays(visit, values), page.canvas_status: ""}

    def _with_overlays(self, visit: Visit, values: Values) -> str:
        overlays = [one for one in self.page.drivers if one.panel.is_overlay]
        self.studio.overlay(visit, in_use(overlays, values))
        return self._preview(visit, values)

    @telling(lambda page: page.canvas_status)
    def mark(self, values: Values, request: gr.Request) -> Shown:
        """Show or hide the named places on the canvas."""
        page, visit = self.page, self.visit(request)
        visit.loaded()
        layers = (values[page.canvas] or {}).get("layers") or []
        return {page.canvas: _ground(visit, bool(values[page.marks]), layers)}

    @telling(lambda page: page.preview_status)
    def slide(self, values: Values, request: gr.Request) -> Shown:
        """Show the face as the sliders ask for it."""
        page, visit = self.page, self.visit(request)
        if visit.face is None:
            return {page.preview_status: showing.note("Load a face first; the sliders then move it.")}
        return {page.preview: self._preview(visit, values), page.preview_status: ""}

    def _preview(self, visit: Visit, values: Values) -> str:
        moved = {slider: float(values[component] or 0) for slider, component in self.page.sliders.items()}
        said = ", ".join(f"{slider.label} {value:+g}" for slider, value in moved.items() if value)
        return showing.preview(self.studio.preview(visit, moved), f"{POSE}: {said}" if said else POSE)

    @telling(lambda page: page.command)
    def tell(self, values: Values, request: gr.Request) -> Shown:
        """The command line, as far as a film can be made."""
        visit = self.visit(request)
        try:
            line = film_command(self.studio, visit, self._form(values))
        except X2FaceError as error:
            return {self.page.command: showing.note(f"No command line yet: {error}")}
        return {self.page.command: showing.command(line)}

    def _form(self, values: Values) -> FilmForm:
        page = self.page
        return FilmForm(
            own=own_options(page.source_options, values) | own_options(page.film_options, values),
            used=in_use(page.drivers, values),
            hold=bool(values[page.hold]),
            recorded={path for one in page.drivers for path in one.recorded(values)},
        )

    def film(self, values: Values, request: gr.Request) -> Iterator[Shown]:
        """Make a film; yields how far it is, and at the end the film.

        All that is said of a film is said here, so that it comes in order.
        """
        page = self.page
        begun = self._begin(values, request)
        if isinstance(begun, dict):
            yield begun
            return
        visit, task = begun
        yield {page.progress: _state(task), page.result: ""}
        while not task.wait(_BEAT):
            yield {page.progress: _state(task)}
        if task.error is not None:
            yield {page.progress: _failure(task.error)}
        elif task.report is not None:
            yield {
                page.progress: showing.note("The film is ready."),
                page.result: showing.result(visit.token, task.files[0], task.files, task.report),
            }

    @telling(lambda page: page.progress)
    def _begin(self, values: Values, request: gr.Request) -> Any:
        visit = self.visit(request)
        asked = film_request(self.studio, visit, self._form(values))
        return visit, visit.begin(FilmTask(asked, self.studio.session, self.studio.turns))

    @telling(lambda page: page.progress)
    def cancel(self, request: gr.Request) -> Shown:
        task = self.visit(request).task
        if task is None or task.wait(0):
            return {self.page.progress: showing.note("No film is being made.")}
        task.cancel()
        return {self.page.progress: gr.skip()}  # `film` says what comes of it


def _state(task: FilmTask) -> str:
    if task.is_cancelled:
        return showing.note("Cancelling.")
    return showing.waiting(task.before) if task.before else showing.progress(task.done, task.total)


def _failure(error: BaseException) -> str:
    if not isinstance(error, X2FaceError):
        _LOG.error("a film failed", exc_info=error)
    return showing.problem(error)


def _count(pictures: int) -> str:
    return "One picture of the face is used." if pictures == 1 else f"{pictures} pictures of the face are used."


def _ground(visit: Visit, marked: bool, layers: Sequence[Any]) -> dict[str, Any]:
    """The value of the canvas: the embedded face, marked with its named places, below the layers."""
    face = visit.loaded()
    picture = ground(face.picture, face.embedded.anchors if marked else None)
    return {"background": picture, "layers": list(layers), "composite": None}


def own_options(widgets: Sequence[Widget], values: Values) -> dict[str, Any]:
    """Options of a run by field, those that are not the defaults. UsageError for what cannot be."""
    declared = {one.name: one for one in read_settings(RunOptions)}
    found = {one.control.setting.name: given_by(one.control, one.value(values)) for one in widgets}
    converted = {name: convert(declared[name], value, flag_of(name)) for name, value in found.items()}
    return options_given(converted)
