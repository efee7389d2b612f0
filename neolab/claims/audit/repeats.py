"""The same quantity printed more than once."""

from collections.abc import Mapping

from neolab.claims.audit.rounding import Interval


def agreeing_groups(values: Mapping[str, Interval]) -> list[tuple[str, ...]]:
    """Return the names in groups whose values can be the same number, largest group first.

    Coarser printings join every group they agree with only once: the groups are built from the most precise
    printing to the coarsest.
    """
    groups: list[tuple[Interval, list[str]]] = []
    for name in sorted(values, key=lambda name: values[name].half_width):
        for place, (common, members) in enumerate(groups):
            if common.overlaps(values[name]):
                both = Interval(max(common.low, values[name].low), min(common.high, values[name].high))
                groups[place] = (both if both.low <= both.high else common, [*members, name])
                break
        else:
            groups.append((values[name], [name]))
    return sorted((tuple(members) for _, members in groups), key=len, reverse=True)


def minority(groups: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names that a clear majority speaks against; all names where there is none.

    A clear majority is at least three printings and more than twice all the others together: a number copied
    from abstract to text does not outvote a table.
    """
    if len(groups) < 2:
        return ()
    others = tuple(name for group in groups[1:] for name in group)
    if len(groups[0]) >= 3 and len(groups[0]) > 2 * len(others):
        return others
    return (*groups[0], *others)
