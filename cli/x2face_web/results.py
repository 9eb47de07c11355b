"""The address under which a browser gets the files of its own visits."""

from __future__ import annotations

import mimetypes
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from x2face_web.guarding import COOKIE
from x2face_web.showing import FILES
from x2face_web.visits import Visits

_INLINE = ("video/", "image/")


def add_files(app: FastAPI, visits: Visits) -> None:
    """Serve results of visits, to the browser that made them only."""

    def send(token: str, folder: str, name: str, request: Request) -> Response:
        path = visits.file(token, folder, name, str(request.cookies.get(COOKIE, "")))
        if path is None:
            return Response("This file is gone, or belongs to somebody else.", 404, media_type="text/plain")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        how: Any = "inline" if kind.startswith(_INLINE) else "attachment"
        headers = {"cache-control": "private, no-store"}
        return FileResponse(path, media_type=kind, filename=name, content_disposition_type=how, headers=headers)

    app.add_api_route(f"{FILES}/{{token}}/{{folder}}/{{name}}", send, methods=["GET", "HEAD"], response_model=None)
