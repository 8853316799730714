"""An oracle that shares no code and no formula with the package: densities integrated with mpmath."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


class Oracle:
    """M/M/n and M/M/n+M to 30 digits, from the density of the offered wait (Zeltyn and Mandelbaum, 2005)."""

    def __init__(self) -> None:
        import mpmath

        self.mp = mpmath.mp.clone()
        self.mp.dps = 30

    def measures(
        self,
        load: float,
        agents: int,
        *,
        aht: float,
        within: float,
        patience: float | None = None,
        short: float | None = None,
    ) -> SimpleNamespace:
        mp = self.mp
        load, aht, within = mp.mpf(load), mp.mpf(aht), mp.mpf(within)
        rate, mu = load / aht, 1 / aht
        theta = mp.mpf(0) if patience is None else 1 / mp.mpf(patience)
        # States below n over state n - 1, by factorials.
        below = mp.fsum(mp.factorial(agents - 1) / mp.factorial(j) * load ** (j - agents + 1) for j in range(agents))

        def density(t):
            patient = t if theta == 0 else (1 - mp.exp(-theta * t)) / theta
            return mp.exp(rate * patient - agents * mu * t)

        ends = [0, within / 2, within, within + aht / agents, within + 5 * aht / agents, within + 20 * aht, mp.inf]

        def integral(f, low, high):
            points = [p for p in ends if low < p < high]
            return mp.quad(f, [low, *sorted(set(points)), high])

        whole = rate * integral(density, 0, mp.inf)
        busy = whole / (below + whole)
        scale = rate * busy / whole

        def share(f, low, high):
            return scale * integral(lambda t: f(t) * density(t), low, high)

        def abandoned_within(t):
            reached = share(lambda u: 1 - mp.exp(-theta * u), 0, t)
            return reached + (1 - mp.exp(-theta * t)) * share(lambda u: 1, t, mp.inf)

        late = share(lambda t: mp.exp(-theta * t), within, mp.inf)
        answered = 1 - busy + share(lambda t: mp.exp(-theta * t), 0, mp.inf)
        in_time, lost = answered - late, abandoned_within(within)
        levels = {
            "offered": in_time,
            "answered": in_time / answered,
            "virtual": 1 - share(lambda t: 1, within, mp.inf),
            "abandons_within_met": in_time + lost,
            "abandons_within_excluded": in_time / (1 - lost),
        }
        if short is not None:
            lost = abandoned_within(mp.mpf(short))
            levels["short_abandons_met"] = in_time + lost
            levels["short_abandons_excluded"] = in_time / (1 - lost)
        asa = share(lambda t: t * mp.exp(-theta * t), 0, mp.inf) / answered
        return SimpleNamespace(
            wait_probability=busy,
            abandonment=1 - answered,
            occupancy=load * answered / agents,
            asa_s=asa,
            levels=levels,
        )

    def erlang_c_level(self, load: float, agents: int, *, aht: float, within: float):
        """Return the level of Erlang C from factorials, for whole loads of hundreds and a search by the test."""
        mp = self.mp
        load = mp.mpf(load)
        if agents <= load:
            return mp.mpf(0)
        inverse = mp.fsum(mp.factorial(agents) / mp.factorial(j) * load ** (j - agents) for j in range(agents + 1))
        waits = 1 / (1 + (inverse - 1) * (1 - load / agents))
        return 1 - waits * mp.exp(-(agents - load) * mp.mpf(within) / mp.mpf(aht))


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    return Oracle()
