"""The functions that Dirichlet and gamma distributions are made of, for arrays of positive numbers."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SHIFT = 10
"""From here on the asymptotic series are exact to the last digits of a float."""

_DIGAMMA = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760)
_TRIGAMMA = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)
_LOG_GAMMA = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_STEPS = np.arange(_SHIFT)
_HALF_LOG_2_PI = 0.9189385332046727


def _polynomial(terms: tuple[float, ...], values: Floats) -> Floats:
    found = np.full_like(values, terms[-1])
    for term in terms[-2::-1]:
        found = found * values + term
    return found


def digamma(values: Floats) -> Floats:
    """The derivative of the logarithm of the gamma function. Source: Abramowitz and Stegun, 6.3.6 and 6.3.18."""
    up = values + _SHIFT
    inverse = 1 / (up * up)
    series = inverse * _polynomial(_DIGAMMA, inverse)
    below = (1 / (values[..., None] + _STEPS)).sum(axis=-1)
    return np.log(up) - 1 / (2 * up) + series - below


def trigamma(values: Floats) -> Floats:
    """The derivative of `digamma`. Source: Abramowitz and Stegun, 6.4.6 and 6.4.12."""
    up = values + _SHIFT
    series = _polynomial(_TRIGAMMA, 1 / (up * up)) / up**3
    below = (1 / (values[..., None] + _STEPS) ** 2).sum(axis=-1)
    return 1 / up + 1 / (2 * up * up) + series + below


def log_gamma(values: Floats) -> Floats:
    """The logarithm of the gamma function. Source: Abramowitz and Stegun, 6.1.41 with the recurrence 6.1.15."""
    up = values + _SHIFT
    series = _polynomial(_LOG_GAMMA, 1 / (up * up)) / up
    below = np.log(values[..., None] + _STEPS).sum(axis=-1)
    return (up - 0.5) * np.log(up) - up + _HALF_LOG_2_PI + series - below


def upper_gamma(shape: float, value: float) -> float:
    """The share of a gamma distribution of this shape (and scale 1) above a value.

    Source: Abramowitz and Stegun, 6.5.29 (series below shape + 1) and 6.5.31 (continued fraction, by Lentz) above.
    """
    if value <= 0:
        return 1.0
    front = float(np.exp(shape * np.log(value) - value - log_gamma(np.array([shape]))[0]))
    return 1 - front * _series(shape, value) if value < shape + 1 else front * _fraction(shape, value)


def _series(shape: float, value: float) -> float:
    term = whole = 1 / shape
    step = shape
    while abs(term) > abs(whole) * 1e-16:
        step += 1
        term *= value / step
        whole += term
    return whole


def _fraction(shape: float, value: float) -> float:
    tiny = 1e-300
    below = value + 1 - shape
    c, d = 1 / tiny, 1 / below
    found = d
    for step in range(1, 10_000):
        factor = -step * (step - shape)
        below += 2
        d = 1 / _away(factor * d + below, tiny)
        c = _away(below + factor / c, tiny)
        found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return found


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


def above_chi_square(statistic: float, freedom: int) -> float:
    """The chance of a chi-square of so many degrees of freedom to be at least this large."""
    return 1.0 if freedom < 1 else upper_gamma(freedom / 2, statistic / 2)
