"""A session: networks, plugins and mappings once, for any number of faces and films."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import InputError, MissingError, NoFaceError, UsageError
from x2face_core.media.images import write_picture
from x2face_plugins.registry import Registry
from x2face_plugins.session import Session
from x2face_testkit.networks import tiny_model
from x2face_testkit.synthetic import mappings_of

from ..acting import active
from ..films import drawn


@pytest.fixture
def session() -> Session:
    registry = Registry.load()
    return Session(tiny_model(), registry, mappings_of(registry))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_picture("photo.png", drawn(4))
    (tmp_path / "frames").mkdir()
    for k in range(3):
        write_picture(f"frames/{k}.png", drawn(k))
    return tmp_path


class Sways:
    """Three offsets."""

    def drive(self, source: Any) -> Any:
        yield Chunk(torch.eye(3, len(source.vector)), 20.0)


class Reddens:
    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        return EmbeddedFace(torch.cat([torch.ones_like(face.texture[:1]), face.texture[1:]]), face.anchors)


def test_a_face_is_the_same_from_a_path_an_array_and_a_picture(session: Session, place: Path) -> None:
    given = (Path("photo.png"), "photo.png", drawn(4), Image.open("photo.png"), Image.open("photo.png").convert("RGBA"))
    faces = [session.face(one, crop="none", size=32) for one in given]
    for face in faces:
        assert torch.equal(face.vector, faces[0].vector) and np.array_equal(face.picture, faces[0].picture)
    assert faces[0].picture.shape == faces[0].crops[0].shape == (32, 32, 3) and faces[0].picture.dtype == np.uint8


@pytest.mark.parametrize("wrong", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8), 7])
def test_what_is_no_picture_is_refused(session: Session, wrong: Any) -> None:
    with pytest.raises(InputError, match=r"\(h, w, 3\) uint8 is needed"):
        session.face(wrong)


def test_a_face_needs_pictures_with_a_face(session: Session, place: Path) -> None:
    with pytest.raises(UsageError):
        session.face()
    with pytest.raises(NoFaceError, match="the picture"):
        session.face(drawn(1))


def test_frames_come_as_pictures_at_the_driver_s_rate(session: Session) -> None:
    film = session.animate(session.face(drawn(4), crop="none", size=32), Sways())
    assert (film.fps, film.sound) == (20, None)
    frames = list(film)
    assert len(frames) == 3 and frames[0].shape == (32, 32, 3) and frames[0].dtype == np.uint8


def test_installed_drivers_are_shaped_by_the_desk(session: Session, place: Path) -> None:
    face = session.face("photo.png", crop="none", size=32)
    still = session.driver("frame", input="frames", crop="none", weight=0)
    moving = session.driver("frame", input="frames", crop="none")
    rest = session.render(face, face.vector[None])[0]
    assert all(np.array_equal(frame, rest) for frame in session.animate(face, still))
    assert not all(np.array_equal(frame, rest) for frame in session.animate(face, moving))


def test_painting_alone_makes_a_film(session: Session) -> None:
    film = session.animate(session.face(drawn(4), crop="none", size=32), Reddens(), seconds=0.2)
    assert [int(frame[..., 0].min()) for frame in film] == [255] * 5


def test_frames_are_pasted_back_and_compared_as_by_the_command(session: Session, place: Path) -> None:
    face = session.face("photo.png", crop="none", size=32)
    driver = session.driver("frame", input="frames", crop="none")
    plain = list(session.animate(face, driver))
    pasted = list(session.animate(face, driver, paste_back=True))
    assert {frame.shape for frame in pasted} == {(48, 64, 3)}
    assert all(np.array_equal(frame[:, :8], drawn(4)[:, :8]) for frame in pasted)  # outside the box
    compared = list(session.animate(face, driver, compare=True))
    assert {frame.shape for frame in compared} == {(32, 96, 3)}
    for one, beside in zip(plain, compared, strict=True):
        assert np.array_equal(beside[:, :32], face.crops[0]) and np.array_equal(beside[:, 64:], one)
    assert not np.array_equal(compared[0][:, 32:64], compared[2][:, 32:64])  # the driving pictures
    both = next(iter(session.animate(face, driver, paste_back=True, compare=True)))
    assert both.shape == (48, 64 + 48 + 64, 3) and np.array_equal(both[:, :64], drawn(4))


def test_the_sound_of_a_film_does_not_depend_on_the_order_of_its_drivers(session: Session) -> None:
    face, with_sound = session.face(drawn(4), crop="none", size=32), active("heard", Sways(), sound=Path("a.wav"))
    for order in ((with_sound, Sways()), (Sways(), with_sound)):
        assert session.animate(face, *order).sound == Path("a.wav")


def test_an_unknown_driver_or_setting_is_told(session: Session) -> None:
    with pytest.raises(UsageError, match="did you mean idle"):
        session.driver("idel")
    with pytest.raises(UsageError, match="idle has no setting amont; did you mean amount?"):
        session.driver("idle", amont=2)


def test_pictures_films_and_crops_are_encoded(session: Session, place: Path) -> None:
    crops = torch.rand(11, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    vectors = session.encode(crops)
    assert vectors.shape == (11, 128)
    torch.testing.assert_close(vectors, session.model.encode(crops))
    from skimage.data import astronaut

    one, many = session.encode(astronaut()), session.encode([astronaut(), Image.fromarray(astronaut())])
    assert one.shape == (1, 128) and torch.equal(many, one.expand(2, -1))
    write_picture("face.png", astronaut())
    torch.testing.assert_close(session.encode("face.png"), one, atol=1e-4, rtol=1e-3)


def test_frames_and_flows_are_made_of_vectors(session: Session) -> None:
    face = session.face(drawn(4), crop="none", size=48)
    vectors = face.vector + torch.eye(2, 128)
    frames, flow = session.render(face, vectors), session.flow(face, vectors)
    assert frames.shape == (2, 48, 48, 3) and frames.dtype == np.uint8
    assert flow.shape == (2, 2, 48, 48)
    from x2face_core.pixels import to_pictures
    from x2face_core.warping import warp

    np.testing.assert_array_equal(frames, to_pictures(warp(face.embedded.texture[None], flow).clamp(0, 1)))


def test_mappings_are_had_by_name_and_factors_read(session: Session) -> None:
    pose = session.factor("pose")
    degrees = torch.tensor([[1.0, 2.0, 3.0]])
    torch.testing.assert_close(pose.read(session.mapping("pose").write(degrees)), degrees, atol=1e-3, rtol=0)
    with pytest.raises(MissingError, match="'audio' can be written but not read"):
        session.factor("audio")
