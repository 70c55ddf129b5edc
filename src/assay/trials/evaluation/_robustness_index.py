"""What only the trial of the robustness index needs: ComBat as the correction in use, and networks taught on digits."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import cross_entropy

from assay.testbed.tasks.centres import CENTRES, tinted_digits

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


def combat(features: Floats, centres: Numbers) -> Floats:
    """Features without what centres add to and multiply them by, by ComBat (Johnson, Li and Rabinovic 2007).

    Mean and variance of each feature at each centre are drawn towards those of all features of the centre, by empirical
    Bayes. It is given no labels, so that it knows no more than the centre's mean does.
    """
    spread = _pooled_spread(features, centres)
    mean = features.mean(0)
    scaled = (features - mean) / spread
    for centre in range(CENTRES):
        own = centres == centre
        shift, variance = _shrunken(scaled[own])
        scaled[own] = (scaled[own] - shift) / np.sqrt(variance)
    corrected: Floats = scaled * spread + mean
    return corrected


def _pooled_spread(features: Floats, centres: Numbers) -> Floats:
    """The standard deviation of each feature within centres."""
    within = features.copy()
    for centre in range(CENTRES):
        within[centres == centre] -= features[centres == centre].mean(0)
    spread: Floats = within.std(0) + 1e-9  # a feature that never varies stays where it is
    return spread


def _shrunken(rows: Floats, rounds: int = 20) -> tuple[Floats, Floats]:
    """Each feature's mean and variance at one centre, by the conditional posterior means in turn."""
    count = len(rows)
    means, variances = rows.mean(0), np.maximum(rows.var(0, ddof=1), 1e-6)
    prior_mean, prior_spread = means.mean(), means.var(ddof=1)
    average, scatter = variances.mean(), variances.var(ddof=1)
    shape, scale = average**2 / scatter + 2, average * (average**2 / scatter + 1)
    shift, variance = means, variances
    for _ in range(rounds):
        shift = (count * prior_spread * means + variance * prior_mean) / (count * prior_spread + variance)
        variance = (scale + ((rows - shift) ** 2).sum(0) / 2) / (count / 2 + shape - 1)
    return shift, variance


@cache
def taught_features(
    strength: float, seed: int, *, augmented: bool, epochs: int, each: int
) -> tuple[Floats, Numbers, Numbers]:
    """Features of tinted digits by a small convolutional network that learnt them, with digits and centres.

    It learns on half of the images and is asked for the other half. With augmentation, each image it learns from has a
    random tint of its own besides, as strong as the centres'.
    """
    rows, digits, centres = tinted_digits(strength=strength, seed=seed, each=each)
    generator = torch.Generator().manual_seed(seed)
    held_out = np.arange(len(rows)) // CENTRES % 2 == 1  # every second image of each digit at each centre
    train = torch.tensor(np.flatnonzero(~held_out))
    images = torch.tensor(rows, dtype=torch.float32).view(-1, 1, 8, 8)
    labels = torch.tensor(digits)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(512, 64), nn.ReLU(),
        )  # fmt: skip
        model = nn.Sequential(body, nn.Linear(64, 10))
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for batch in train[torch.randperm(len(train), generator=generator)].split(64):
            inputs = images[batch]
            if augmented:
                tints = torch.randn(inputs.shape, generator=generator)
                inputs = inputs + strength * tints / tints.flatten(1).norm(dim=1)[:, None, None, None]
            optimiser.zero_grad()
            cross_entropy(model(inputs), labels[batch]).backward()
            optimiser.step()
    with torch.no_grad():
        features: Floats = body(images[torch.tensor(held_out)]).double().numpy()
    # A feature that is always on: without it some digits could be without a direction.
    features = np.concatenate([features, np.full((len(features), 1), 1e-3)], axis=1)
    return features, digits[held_out], centres[held_out]
