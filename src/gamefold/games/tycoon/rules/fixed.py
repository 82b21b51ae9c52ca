"""exp, log and the normal distribution with the same bits on every machine (tycoon-simulation.md section 2.4).

The functions of numpy and libm differ by processor and version. These use only what IEEE 754 rounds exactly (+ - * /
and sqrt) and what is exact anyway (rint, frexp, ldexp), one ufunc for each rounding, so that nothing can be fused.
Largest errors: exp 2.3e-16 relative; log 4.5e-16 near 1, and its last bit far away; Phi 2.3e-16 absolute.
"""

from functools import reduce
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXP_MOST: Final = 700.0  # what `exp` takes, both ways

_LN2_HIGH: Final = float.fromhex("0x1.62e42fee00000p-1")  # its last 21 bits are 0, so a small multiple is exact
_LN2_LOW: Final = float.fromhex("0x1.a39ef35793c76p-33")
_PER_LN2: Final = float.fromhex("0x1.71547652b82fep+0")
_SQRT_HALF: Final = float.fromhex("0x1.6a09e667f3bcdp-1")
_PER_SQRT_TWO_PI: Final = float.fromhex("0x1.9884533d43651p-2")
_SQRT_TWO_PI: Final = float.fromhex("0x1.40d931ff62705p+1")

_EXP: Final = tuple(1.0 / factorial(n) for n in range(13, -1, -1))
_ATANH: Final = tuple(1.0 / n for n in range(23, 0, -2))
# Hart 1968, as West printed them ("Better approximations to cumulative normal functions", 2005).
_HART_ABOVE: Final = (
    3.52624965998911e-02,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_HART_BELOW: Final = (
    8.83883476483184e-02,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_HART_MOST: Final = 7.07106781186547
_PHI_MOST: Final = 37.0  # beyond it the distribution is 0 or 1


def exp(x: Floats) -> Floats:
    """Give e to the power of each x. |x| is 700 at most."""
    assert x.size == 0 or float(np.abs(x).max()) <= EXP_MOST
    twos = np.rint(x * _PER_LN2)
    rest = (x - twos * _LN2_HIGH) - twos * _LN2_LOW
    return np.ldexp(_polynomial(_EXP, rest), twos.astype(np.int32))


def log(x: Floats) -> Floats:
    """Give the natural logarithm of each x. All are above 0."""
    assert x.size == 0 or float(x.min()) > 0
    part, twos = np.frexp(x)
    small = part < _SQRT_HALF
    part = np.where(small, part * 2.0, part)
    exponent = (twos - small).astype(np.float64)
    slope = (part - 1.0) / (part + 1.0)
    series = (slope + slope) * _polynomial(_ATANH, slope * slope)
    return exponent * _LN2_HIGH + (series + exponent * _LN2_LOW)


def phi(x: Floats) -> Floats:
    """Give the density of the normal distribution at each x."""
    bounded = np.minimum(np.abs(x), _PHI_MOST)
    return exp(bounded * bounded * -0.5) * _PER_SQRT_TWO_PI


def cdf(x: Floats) -> Floats:
    """Give the normal distribution's chance of a value below each x."""
    away = np.minimum(np.abs(x), _PHI_MOST)
    bell = exp(away * away * -0.5)
    near = bell * _polynomial(_HART_ABOVE, away) / _polynomial(_HART_BELOW, away)
    fraction = away + 0.65
    for term in (4.0, 3.0, 2.0, 1.0):
        fraction = away + term / fraction
    tail = np.where(away < _HART_MOST, near, bell / fraction / _SQRT_TWO_PI)
    tail = np.where(away < _PHI_MOST, tail, 0.0)
    return np.where(x > 0.0, 1.0 - tail, tail)


def exp_of(x: float) -> float:
    """Give e to the power of one x."""
    return float(exp(np.array([x], np.float64))[0])


def log_of(x: float) -> float:
    """Give the natural logarithm of one x."""
    return float(log(np.array([x], np.float64))[0])


def sqrt_of(x: float) -> float:
    """Give the square root of one x."""
    return float(np.sqrt(np.float64(x)))


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    """Evaluate by Horner's rule, the highest power first."""
    start = np.full_like(x, coefficients[0])
    return reduce(lambda value, coefficient: value * x + coefficient, coefficients[1:], start)
