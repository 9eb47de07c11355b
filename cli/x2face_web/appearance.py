"""Theme and style of the page: the system's own fonts, nothing that is fetched."""

from __future__ import annotations

from typing import Any

import gradio as gr

FONT = ("system-ui", "sans-serif")
MONO = ("ui-monospace", "monospace")
CSS = """
.preview { width: 100%; max-width: 512px; aspect-ratio: 1; object-fit: contain; border-radius: 8px; display: block; }
#film { width: 100%; max-width: 512px; border-radius: 8px; }
.problem { color: #b00020; font-weight: 600; }
.dark .problem { color: #ff8a80; }
ul.findings { list-style: none; padding-left: 0; }
ul.findings li { padding: 2px 0; }
progress { width: 100%; }
#command textarea { width: 100%; font-family: ui-monospace, monospace; background: transparent; padding: 8px; }
#command button { border: 1px solid; border-radius: 4px; padding: 2px 10px; }
:focus-visible { outline: 3px solid #1d4ed8 !important; outline-offset: 2px; }
button.label-wrap { text-align: left; }
.gradio-container { max-width: 1400px !important; }
@media (max-width: 640px) {
  .gradio-container { padding: 8px !important; }
  .studio-column { min-width: 100% !important; }
}
"""


WORDS = {"common.upload": "Upload"}
"""Texts that gradio's own translations lack."""


def theme() -> Any:
    base = gr.themes.Base(primary_hue="blue", font=FONT, font_mono=MONO)
    return base.set(  # legible, by WCAG's ratio of 4.5
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )
