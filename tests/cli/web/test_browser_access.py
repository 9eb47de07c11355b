"""The page without a mouse, by a screen reader, and on a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .browsing import Studio

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]

NAMELESS = """() => {
    const named = one => (one.getAttribute('aria-label') || one.title || one.placeholder || one.innerText
        || [...(one.labels ?? [])].map(label => label.innerText).join(' ')
        || document.getElementById(one.getAttribute('aria-labelledby') ?? '')?.innerText || '').trim();
    const seen = one => one.offsetParent !== null && getComputedStyle(one).visibility !== 'hidden';
    return [...document.querySelectorAll('button, input, textarea, select, a[href], video, img')]
        .filter(one => seen(one) && !named(one) && !one.alt && one.type !== 'file' && one.ariaHidden !== 'true')
        .map(one => one.outerHTML.slice(0, 200));
}"""


LISTS = (
    "[...document.querySelectorAll('li')].filter(one => one.closest('[role], ul, ol').role).map(one => one.outerHTML)"
)
"""Entries of what is no list to a screen reader, as it has another role."""
UNTRANSLATED = """[...document.querySelectorAll('*')]
    .flatMap(one => [one.title, one.ariaLabel, one.placeholder, one.childElementCount ? '' : one.textContent])
    .filter(text => /^(common|file|image|image_editor|audio|upload_text|slider)\\.[a-z_]+$/.test(text ?? ''))"""


def test_lists_are_lists_and_all_words_are_words(visit: Callable[..., Studio], photo: Path) -> None:
    studio = visit()
    studio.load(photo)
    studio.unfold("audio – ")
    assert studio.page.locator("#advice li").count() > 3
    assert studio.page.evaluate(LISTS) == []
    assert studio.page.evaluate(UNTRANSLATED) == []


def test_every_control_has_a_name(visit: Callable[..., Studio], photo: Path) -> None:
    studio = visit()
    studio.load(photo)
    for panel in ("audio – ", "edit – ", "frame – ", "Options of the film", "Options of the face"):
        studio.unfold(panel)
    assert studio.page.evaluate(NAMELESS) == []


def test_a_slider_is_reached_and_moved_by_the_keyboard(visit: Callable[..., Studio], photo: Path) -> None:
    studio = visit()
    studio.load(photo)
    inside = "document.activeElement?.closest('#slider-pose-yaw') !== null && document.activeElement.type"
    for _ in range(200):
        studio.page.keyboard.press("Tab")
        if studio.page.evaluate(inside) == "range":
            break
    else:
        pytest.fail("the slider is not reached")
    studio.changes(lambda: studio.page.keyboard.press("ArrowRight"))


def test_the_film_is_made_by_the_keyboard(visit: Callable[..., Studio], photo: Path) -> None:
    studio = visit()
    studio.load(photo)
    studio.use("idle")
    studio.page.locator("#make").focus()
    studio.page.keyboard.press("Enter")
    studio.says("progress", "The film is ready.")


def test_a_screen_of_400_pixels_shows_all_without_scrolling_sideways(visit: Callable[..., Studio], photo: Path) -> None:
    studio = visit(viewport={"width": 400, "height": 800})
    studio.load(photo)
    for panel in ("audio – ", "edit – ", "Options of the film"):
        studio.unfold(panel)
    assert studio.page.evaluate("document.documentElement.scrollWidth") <= 400
    wide = "[...document.querySelectorAll('button, input, img, canvas')].filter(one => one.offsetParent &&"
    wide += " one.getBoundingClientRect().right > 401).map(one => one.outerHTML.slice(0, 150))"
    assert studio.page.evaluate(wide) == []
    studio.changes(lambda: studio.slide("mouth-open", 0.1))
