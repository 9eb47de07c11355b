"""What the audio driver is made of: smoothing, and least squares from sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from x2face_audio.regression import SufficientStatistics, direction_statistics, fit_best, solve, total
from x2face_plugins.smoothing import smoothed


def test_no_deviation_changes_nothing() -> None:
    rows = torch.randn(7, 3)
    assert torch.equal(torch.cat(list(smoothed([rows[:4], rows[4:]], 0.0))), rows)


@pytest.mark.parametrize("sizes", [(10,), (1,) * 10, (3, 0, 7), (9, 1)])
def test_chunks_do_not_matter_and_no_row_is_lost(sizes: tuple[int, ...]) -> None:
    rows = torch.randn(10, 3, generator=torch.Generator().manual_seed(0))
    whole = torch.cat(list(smoothed([rows], 1.0)))
    assert whole.shape == rows.shape
    assert torch.allclose(torch.cat(list(smoothed(torch.split(rows, sizes), 1.0))), whole, atol=1e-6)


def test_a_still_face_stays_still() -> None:
    assert torch.allclose(torch.cat(list(smoothed([torch.ones(5, 2)], 1.5))), torch.ones(5, 2))


def test_smoothing_takes_jitter_and_keeps_slow_motion() -> None:
    slow = torch.sin(torch.arange(100) / 10)[:, None]
    jitter = 0.3 * torch.randn(100, 1, generator=torch.Generator().manual_seed(0))
    found = torch.cat(list(smoothed([slow + jitter], 1.0)))
    assert (found - slow).std() < 0.6 * jitter.std()
    assert torch.corrcoef(torch.cat([found, slow], 1).T)[0, 1] > 0.96


def people(noise: float, seed: int = 0) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    random = np.random.default_rng(seed)
    weight = random.normal(size=(6, 2)) @ random.normal(size=(2, 128))
    pairs = []
    for k in range(10):
        x = random.normal(size=(80, 6)) * [1, 2, 3, 1, 1, 1] + 5 * k
        pairs.append((x, x @ weight + noise * random.normal(size=(80, 128)) + 7 * k))
    return pairs, weight


def test_a_known_map_is_found_whoever_speaks() -> None:
    pairs, weight = people(noise=0.01)
    fit, figures = fit_best([SufficientStatistics.of(x, y) for x, y in pairs])
    assert np.allclose(fit.weight, weight, atol=0.02)
    assert figures["rank"] == 2 and figures["r"] > 0.99 and figures["people"] == 10


def test_sums_give_what_all_rows_give() -> None:
    pairs, _ = people(noise=1.0)
    x, y = (np.concatenate([p[k] - p[k].mean(0) for p in pairs]) for k in range(2))
    found = solve(total([SufficientStatistics.of(*pair) for pair in pairs]), ridge=0.0, rank=128)
    assert np.allclose(found.weight, LinearRegression(fit_intercept=False).fit(x, y).coef_.T, atol=1e-5)


def test_noise_is_met_by_a_ridge_and_few_directions() -> None:
    pairs, _ = people(noise=30.0)
    sums = [SufficientStatistics.of(x, y) for x, y in pairs]
    fit, figures = fit_best(sums)
    assert figures["explained"] > figures["explained_by_least_squares"]
    r, spread = direction_statistics(fit, total(sums))
    assert 0 < r < 1 and spread > 1


def test_the_spread_is_that_of_sound_as_it_was_recorded() -> None:
    pairs, weight = people(noise=0.01)
    random = np.random.default_rng(1)
    worse = [np.concatenate([x, x + 4 * random.normal(size=x.shape)]) for x, _ in pairs]
    sums = [SufficientStatistics.of(x, np.concatenate([y, y])) for x, (_, y) in zip(worse, pairs, strict=True)]
    _, mixed = fit_best(sums)
    fit, plain = fit_best(sums, [SufficientStatistics.of(x, y) for x, y in pairs])
    assert np.linalg.norm(fit.weight) < np.linalg.norm(weight)
    assert plain["r"] > mixed["r"] + 0.1
    d = fit.directions[:, 0]
    predicted, true = (np.concatenate([(x - x.mean(0)) @ w @ d for x, _ in pairs]) for w in (fit.weight, weight))
    assert plain["spread"] == pytest.approx(true.std() / predicted.std(), rel=0.1)
