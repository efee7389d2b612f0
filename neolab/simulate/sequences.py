"""Signal equations: relaxation times and proton density in, transverse magnetisation out.

Times are in milliseconds, angles in degrees, and the signal is in units of the equilibrium magnetisation of
pure water (proton density 1). Every function takes scalars or arrays that broadcast. ``flip_scale`` is the
local transmit field over its nominal value (B1+), one where it is perfect.

All equations assume that no transverse magnetisation survives a repetition (perfect spoiling). Stimulated
echoes and magnetisation transfer, which lengthen the apparent T2 of a turbo spin echo by 5-10 %, are not
modelled.

References
----------
Bernstein, King & Zhou, Handbook of MRI Pulse Sequences, 2004, sections 14.1 (gradient echo), 14.2 (inversion
recovery), 14.3 (spin echo) and 16.4 (turbo spin echo).
Deichmann et al., NeuroImage 2000;12:112-127 (MPRAGE).
"""

import numpy as np

#: Sequences whose echo is not refocused: they decay with T2*, not T2.
GRADIENT_ECHOES = frozenset({"spoiled_gradient_echo", "mprage"})


def spoiled_gradient_echo(
    t1_ms, t2_star_ms, proton_density, *, repetition_time_ms, echo_time_ms, flip_angle_deg, flip_scale=1.0
):
    """Steady state of a spoiled gradient echo (FLASH, T1-FFE, SPGR).

    ``PD sin(a) (1 - E1) / (1 - cos(a) E1) exp(-TE / T2*)`` with ``E1 = exp(-TR / T1)``.
    """
    angle = np.deg2rad(flip_angle_deg) * flip_scale
    recovery = np.exp(-repetition_time_ms / t1_ms)
    steady = np.sin(angle) * (1 - recovery) / (1 - np.cos(angle) * recovery)
    return proton_density * steady * np.exp(-echo_time_ms / t2_star_ms)


def spin_echo(
    t1_ms, t2_ms, proton_density, *, repetition_time_ms, echo_time_ms, flip_angle_deg=90.0, flip_scale=1.0
):
    """Steady state of a spin echo with any excitation angle and a perfect 180-degree refocusing pulse.

    ``PD sin(a) (1 - 2 exp(-(TR - TE/2) / T1) + E1) / (1 + cos(a) E1) exp(-TE / T2)``; the refocusing pulse
    inverts what the excitation leaves along the field, hence the plus sign in the denominator.
    """
    angle = np.deg2rad(flip_angle_deg) * flip_scale
    recovery = np.exp(-repetition_time_ms / t1_ms)
    after_refocusing = np.exp(-(repetition_time_ms - echo_time_ms / 2) / t1_ms)
    steady = np.sin(angle) * (1 - 2 * after_refocusing + recovery) / (1 + np.cos(angle) * recovery)
    return proton_density * steady * np.exp(-echo_time_ms / t2_ms)


def turbo_spin_echo(
    t1_ms, t2_ms, proton_density, *, repetition_time_ms, echo_time_ms, echo_train_ms=0.0, flip_scale=1.0
):
    """Turbo spin echo at its effective echo time.

    ``PD sin(90 B1) (1 - exp(-(TR - train) / T1)) exp(-TE / T2)``: the train of refocusing pulses leaves no
    longitudinal magnetisation, so recovery starts at its end.
    """
    recovered = 1 - np.exp(-(repetition_time_ms - echo_train_ms) / t1_ms)
    return proton_density * np.sin(np.pi / 2 * flip_scale) * recovered * np.exp(-echo_time_ms / t2_ms)


def inversion_recovery(
    t1_ms, t2_ms, proton_density, *, repetition_time_ms, inversion_time_ms, echo_time_ms, flip_scale=1.0
):
    """Magnitude of an inversion-recovery (turbo) spin echo with an adiabatic inversion.

    ``PD |1 - 2 exp(-TI / T1) + exp(-TR / T1)| exp(-TE / T2)``, for echo times far below TR.
    """
    steady = 1 - 2 * np.exp(-inversion_time_ms / t1_ms) + np.exp(-repetition_time_ms / t1_ms)
    return proton_density * np.abs(steady) * np.sin(np.pi / 2 * flip_scale) * np.exp(-echo_time_ms / t2_ms)


def mprage(
    t1_ms,
    t2_star_ms,
    proton_density,
    *,
    cycle_time_ms,
    inversion_time_ms,
    echo_spacing_ms,
    echo_time_ms,
    flip_angle_deg,
    pulses,
    flip_scale=1.0,
):
    """Steady-state magnitude of a magnetisation-prepared rapid gradient echo at the centre of k-space.

    A cycle is: inversion, free recovery, a train of ``pulses`` excitations whose middle one falls at the
    inversion time, free recovery to the end of the cycle. A train drives the magnetisation towards
    ``(1 - e) / (1 - q)`` with ``e = exp(-echo spacing / T1)`` and ``q = cos(a) e``; following the deviation
    from there through a whole cycle gives the fixed point (Deichmann 2000, equations 4-10).

    Raises
    ------
    ValueError
        If the train does not fit before or after its centre.
    """
    before = inversion_time_ms - (pulses // 2) * echo_spacing_ms
    after = cycle_time_ms - before - pulses * echo_spacing_ms
    if before < 0 or after < 0:
        raise ValueError(f"a train of {pulses} pulses every {echo_spacing_ms} ms does not fit in the cycle")
    angle = np.deg2rad(flip_angle_deg) * flip_scale
    spacing_decay = np.exp(-echo_spacing_ms / t1_ms)
    shrink = np.cos(angle) * spacing_decay
    driven = (1 - spacing_decay) / (1 - shrink)
    decay_before, decay_after = np.exp(-before / t1_ms), np.exp(-after / t1_ms)

    # Longitudinal magnetisation at the end of a cycle is linear in that at its start: offset - slope * start.
    shrink_all = shrink**pulses
    slope = decay_before * shrink_all * decay_after
    train_end = driven + (1 - decay_before - driven) * shrink_all
    offset = 1 + (train_end - 1) * decay_after
    start = offset / (1 + slope)

    train_start = 1 - (1 + start) * decay_before
    centre = driven + (train_start - driven) * shrink ** (pulses // 2)
    return proton_density * np.abs(centre) * np.sin(angle) * np.exp(-echo_time_ms / t2_star_ms)


SEQUENCES = {
    function.__name__: function
    for function in (spoiled_gradient_echo, spin_echo, turbo_spin_echo, inversion_recovery, mprage)
}
