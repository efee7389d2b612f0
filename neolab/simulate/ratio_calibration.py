"""From a published signal ratio to a relaxation time: the signal equation, inverted.

A paper that reports ``mean(nucleus) / mean(white matter)`` fixes the T1 of the nucleus once its protocol and
the relaxation of white matter are known. Only such published inputs are ever inverted, never an accuracy.
"""

import numpy as np

from neolab.errors import InputError
from neolab.simulate.protocols import Protocol
from neolab.simulate.relaxation import Relaxation


def t1_for_ratio(ratio: float, target: Relaxation, reference: Relaxation, protocol: Protocol) -> float:
    """T1 at which a tissue has a given spoiled-gradient-echo signal relative to a reference tissue.

    With ``A = ratio * S_reference / (PD sin(a) exp(-TE / T2*))`` the equation ``A = (1 - E) / (1 - E
    cos(a))`` gives ``E = (1 - A) / (1 - A cos(a))`` and ``T1 = -TR / ln E``.

    Parameters
    ----------
    ratio : float
        Above zero.
    target : Relaxation
        Tissue whose T1 is asked for; its T2* and proton density are used.
    reference : Relaxation
    protocol : Protocol
        A spoiled gradient echo.

    Returns
    -------
    float
        T1 in milliseconds.

    Raises
    ------
    InputError
        If the protocol is not a spoiled gradient echo, or no T1 gives that ratio.
    """
    if protocol.sequence != "spoiled_gradient_echo":
        raise InputError(
            f"protocol {protocol.name} is a {protocol.sequence}, expected a spoiled gradient echo"
        )
    angle = np.deg2rad(protocol.parameters["flip_angle_deg"])
    decay = np.exp(-protocol.parameters["echo_time_ms"] / target.t2_star_ms)
    saturation = ratio * protocol.signal(reference) / (target.proton_density * np.sin(angle) * decay)
    if not 0 < saturation < 1:
        raise InputError(f"signal ratio is {ratio}, expected one that some T1 gives under {protocol.name}")
    recovery = (1 - saturation) / (1 - saturation * np.cos(angle))
    return float(-protocol.parameters["repetition_time_ms"] / np.log(recovery))
