"""The temporal context that is fitted to labelled mouths."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from x2face_audio.sync import context_fitting
from x2face_audio.sync.context_fitting import PEOPLE, Spoken, fit_context, loss_of
from x2face_audio.sync.features import SpeechFeatures, moments_with_context, stream
from x2face_audio.sync.networks import AudioEncoder, Context, SyncDims

Tensor = torch.Tensor
DIMS = SyncDims(feature=8, context=12)


def speakers(count: int, first: int = 0) -> list[Spoken]:
    """The opening is the first feature two moments later, the width the second one now."""
    clips = []
    for person in range(first, first + count):
        features = torch.rand(24 + 12, 8, generator=torch.Generator().manual_seed(person))
        measures = torch.stack([features[8:32, 0], features[6:30, 1]], dim=1)
        clips.append(Spoken(f"p{person}", (features, features), (measures - measures.mean(0)) * 3))
    return clips


@pytest.fixture(scope="module")
def context() -> Context:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context_fitting, "STEPS", 200)
        patch.setattr(context_fitting, "_DROPOUT", (0.0, 0.0, 0.0))
        found = fit_context(speakers(40), DIMS)
    assert found is not None
    return found


def test_mouths_of_people_it_has_not_heard_are_told_by_sounds_before_and_after(context: Context) -> None:
    told, heard = speakers(40), speakers(10, first=50)

    def rows(clips: list[Spoken]) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            x = torch.cat([context(clip.versions[0][None])[0] for clip in clips])
        return torch.cat([x, torch.ones(len(x), 1)], dim=1), torch.cat([clip.measures for clip in clips])

    (x, y), (new, true) = rows(told), rows(heard)
    found = new @ torch.linalg.lstsq(x, y).solution
    for measure in range(2):
        assert float(torch.corrcoef(torch.stack([found[:, measure], true[:, measure]]))[0, 1]) > 0.65


def test_it_learns_the_same_again_and_leaves_the_random_state_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_fitting, "STEPS", 3)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, two = (fit_context(speakers(PEOPLE), DIMS) for _ in range(2))
    assert torch.rand(1) == expected
    assert one is not None and two is not None
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    assert not one.training


def test_few_people_or_no_labels_teach_no_context() -> None:
    unknown = [Spoken(clip.identity, clip.versions, clip.measures * torch.nan) for clip in speakers(PEOPLE)]
    assert fit_context(speakers(PEOPLE - 1), DIMS) is None
    assert fit_context(unknown, DIMS) is None


def test_moments_without_labels_do_not_count_in_the_loss() -> None:
    true = torch.randn(2, 10, 2, generator=torch.Generator().manual_seed(0))
    found = torch.randn(2, 10, 2, generator=torch.Generator().manual_seed(1))
    cut = true.clone()
    cut[:, 6:] = torch.nan
    torch.testing.assert_close(loss_of(found, cut), loss_of(found[:, :6], true[:, :6]))


def test_the_loss_of_the_truth_is_nearly_none_and_that_of_its_opposite_is_large() -> None:
    true = 3 * torch.randn(2, 30, 2, generator=torch.Generator().manual_seed(0))
    assert float(loss_of(true, true)) < 0.05
    assert float(loss_of(-true, true)) > 4 * (1 + 0.9)


def test_moments_are_those_that_driving_hears() -> None:
    torch.manual_seed(0)
    encoder, context = AudioEncoder(SyncDims()).eval(), Context(SyncDims()).eval()
    sound = np.random.default_rng(0).normal(0, 0.1, 16000 * 2 + 777).astype(np.float32)
    blocks = [sound[:9000], sound[9000:9500], sound[9500:]]
    driven = torch.cat(list(stream(blocks, SpeechFeatures(encoder, context), 7)))
    with torch.no_grad():
        fitted = context(moments_with_context(sound, encoder)[None])[0]
    assert len(fitted) == len(driven) == 51
    torch.testing.assert_close(fitted, driven, atol=1e-3, rtol=1e-3)
