"""Signal equations against a pulse-by-pulse integration of the Bloch equation and against analytic limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neolab.simulate import sequences
from neolab.simulate.protocols import DHCP_T1W
from neolab.simulate.relaxation import Relaxation

TISSUES = [(2510.0, 226.0), (1919.0, 132.0), (1624.0, 105.0), (860.0, 70.0), (4300.0, 1800.0)]


class Bloch:
    """One isochromat on resonance, followed in small steps: no closed form of a steady state is used."""

    def __init__(self, t1, t2):
        self.t1, self.t2, self.m = t1, t2, np.array([0.0, 0.0, 1.0])

    def wait(self, duration, steps=20):
        """Fourth-order Runge-Kutta of dM/dt = (-Mx/T2, -My/T2, (1 - Mz)/T1)."""

        def slope(m):
            return np.array([-m[0] / self.t2, -m[1] / self.t2, (1 - m[2]) / self.t1])

        h = duration / steps
        for _ in range(steps):
            a = slope(self.m)
            b = slope(self.m + h / 2 * a)
            c = slope(self.m + h / 2 * b)
            self.m = self.m + h / 6 * (a + 2 * b + 2 * c + slope(self.m + h * c))

    def pulse(self, degrees):
        """Rotate about x."""
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        self.m = np.array([[1, 0, 0], [0, c, s], [0, -s, c]]) @ self.m

    def spoil(self):
        self.m[:2] = 0

    @property
    def transverse(self):
        return float(np.hypot(*self.m[:2]))


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
def test_spoiled_gradient_echo_is_the_steady_state_of_the_bloch_equation(t1, t2):
    spin = Bloch(t1, t2)
    for _ in range(200):
        spin.pulse(80)
        spin.wait(2.14, 4)
        echo = spin.transverse
        spin.spoil()
        spin.wait(200 - 2.14, 10)
    signal = sequences.spoiled_gradient_echo(
        t1, t2, 1.0, repetition_time_ms=200, echo_time_ms=2.14, flip_angle_deg=80
    )
    assert signal == pytest.approx(echo, rel=1e-5)


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
def test_spin_echo_is_the_steady_state_of_the_bloch_equation(t1, t2):
    spin = Bloch(t1, t2)
    for _ in range(60):
        spin.pulse(80)
        spin.wait(5.5, 4)
        spin.pulse(180)
        spin.wait(5.5, 4)
        echo = spin.transverse
        spin.spoil()
        spin.wait(530 - 11, 10)
    signal = sequences.spin_echo(t1, t2, 1.0, repetition_time_ms=530, echo_time_ms=11, flip_angle_deg=80)
    assert signal == pytest.approx(echo, rel=1e-5)


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
def test_inversion_recovery_is_the_steady_state_of_the_bloch_equation(t1, t2):
    """The closed form neglects what happens between excitation and echo, hence a vanishing echo time."""
    spin = Bloch(t1, t2)
    for _ in range(14):
        spin.pulse(180)
        spin.wait(1000)
        spin.pulse(90)
        echo = spin.transverse
        spin.spoil()
        spin.wait(2155 - 1000)
    signal = sequences.inversion_recovery(
        t1, t2, 1.0, repetition_time_ms=2155, inversion_time_ms=1000, echo_time_ms=0
    )
    assert signal == pytest.approx(echo, rel=1e-5)


@pytest.mark.parametrize(("t1", "t2"), TISSUES)
def test_mprage_is_the_steady_state_of_the_bloch_equation(t1, t2):
    parameters = dict(cycle_time_ms=2300, inversion_time_ms=1100, echo_spacing_ms=11, pulses=120)
    spin = Bloch(t1, t2)
    before = 1100 - 60 * 11
    for _ in range(14):
        spin.pulse(180)
        spin.wait(before)
        for pulse in range(120):
            spin.pulse(9)
            if pulse == 60:
                echo = spin.transverse
            spin.spoil()
            spin.wait(11, 2)
        spin.wait(2300 - before - 120 * 11)
    signal = sequences.mprage(t1, t2, 1.0, echo_time_ms=0, flip_angle_deg=9, **parameters)
    assert signal == pytest.approx(echo, rel=1e-5)


def test_a_train_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        sequences.mprage(
            1000, 50, 1, cycle_time_ms=1000, inversion_time_ms=500, echo_spacing_ms=11, echo_time_ms=4,
            flip_angle_deg=9, pulses=120,
        )  # fmt: skip


def test_mprage_with_vanishing_flip_angle_is_an_inversion_recovery():
    """Without excitation the magnetisation at TI is |1 - 2 exp(-TI/T1) / (1 + exp(-cycle/T1))|."""
    t1 = np.array([860.0, 1900, 2500, 4300])
    signal = sequences.mprage(
        t1, 50.0, 1.0, cycle_time_ms=2300, inversion_time_ms=1100, echo_spacing_ms=11, echo_time_ms=0,
        flip_angle_deg=1e-4, pulses=120,
    ) / np.sin(np.deg2rad(1e-4))  # fmt: skip
    np.testing.assert_allclose(
        signal, np.abs(1 - 2 * np.exp(-1100 / t1) / (1 + np.exp(-2300 / t1))), rtol=1e-6
    )


@given(t1=st.floats(300, 5000), tr=st.floats(5, 1000))
def test_the_ernst_angle_maximises_the_spoiled_gradient_echo(t1, tr):
    best = np.rad2deg(np.arccos(np.exp(-tr / t1)))  # Ernst & Anderson 1966
    angles = best + np.array([-1.0, 0.0, 1.0])
    signal = sequences.spoiled_gradient_echo(
        t1, 50.0, 1.0, repetition_time_ms=tr, echo_time_ms=0, flip_angle_deg=angles
    )
    assert signal[1] >= max(signal[0], signal[2])


def null_inversion_time_ms(t1, tr):
    return t1 * np.log(2 / (1 + np.exp(-tr / t1)))


@given(t1=st.floats(300, 4500), tr=st.floats(1500, 12000))
def test_a_tissue_is_dark_at_its_null_inversion_time(t1, tr):
    null = null_inversion_time_ms(t1, tr)
    signal = sequences.inversion_recovery(
        t1, 100.0, 1.0, repetition_time_ms=tr, inversion_time_ms=null, echo_time_ms=0
    )
    assert signal == pytest.approx(0, abs=1e-12)


def test_the_inversion_recovery_of_the_dhcp_nulls_fluid():
    """The developing HCP protocol (TR 4795, TI 1740 ms) suppresses cerebrospinal fluid of T1 near 4 s."""
    assert 1600 < null_inversion_time_ms(4000.0, 4795) < 1900
    fluid, white = (DHCP_T1W.signal(Relaxation(t1, 1000.0)) for t1 in (4000.0, 2500.0))
    assert fluid < 0.3 * white


def test_long_repetition_and_short_echo_show_proton_density_alone():
    parameters = dict(repetition_time_ms=1e6, echo_time_ms=0.0)
    assert sequences.turbo_spin_echo(900.0, 80.0, 0.7, **parameters) == pytest.approx(0.7)
    assert sequences.spin_echo(900.0, 80.0, 0.7, **parameters) == pytest.approx(0.7)
    assert sequences.spoiled_gradient_echo(
        900.0, 80.0, 0.7, flip_angle_deg=90, **parameters
    ) == pytest.approx(0.7)


def test_spin_echo_decay_gives_back_t2():
    parameters = dict(repetition_time_ms=1e6)
    early, late = (
        sequences.turbo_spin_echo(900.0, 83.0, 1.0, echo_time_ms=te, **parameters) for te in (50.0, 150.0)
    )
    assert 100 / np.log(early / late) == pytest.approx(83.0)


@given(scale=st.floats(0.5, 1.0))
def test_a_weak_transmit_field_never_raises_the_signal_of_a_90_degree_pulse(scale):
    parameters = dict(repetition_time_ms=1e6, echo_time_ms=10.0)
    for sequence in (sequences.spin_echo, sequences.turbo_spin_echo):
        full = sequence(1500.0, 100.0, 1.0, **parameters)
        assert sequence(1500.0, 100.0, 1.0, flip_scale=scale, **parameters) <= full + 1e-12
