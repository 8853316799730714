"""Oracles that share no code and no formula with the package; the benchmark of the staffing loads them by path, too."""

from __future__ import annotations

from types import SimpleNamespace


class Oracle:
    """M/M/n, M/M/n+M and their kin with mpmath: integrated densities, incomplete gammas, balance equations."""

    def __init__(self, digits: int = 30) -> None:
        import mpmath

        self.mp = mpmath.mp.clone()
        self.mp.dps = digits

    def measures(self, load, agents, *, aht, within, patience=None, short=None) -> SimpleNamespace:
        """Integrate the density of the offered wait (Zeltyn and Mandelbaum, 2005) by quadrature."""
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

    def level(self, load, agents, *, aht, within, patience=None):
        """Return the share of the offered answered in time: states by factorials, waits by incomplete gammas."""
        mp = self.mp
        load, aht, within, agents = mp.mpf(load), mp.mpf(aht), mp.mpf(within), int(agents)
        if agents == 0 or (patience is None and agents <= load):
            return mp.mpf(0)
        # pi_j over pi_{n-1}, downwards.
        term = below = mp.mpf(1)
        for j in range(agents - 1, 0, -1):
            term *= j / load
            below += term
        if patience is None:
            whole = load / (agents - load)
            return 1 - whole / (below + whole) * mp.exp(-(agents - load) * within / aht)
        theta = 1 / mp.mpf(patience)
        rate = load / aht
        c, z = agents / (aht * theta), rate / theta
        head = mp.exp(z) / theta
        whole = rate * head * z**-c * mp.gammainc(c, 0, z)
        left = z * mp.exp(-theta * within)
        in_time = rate * head * z ** (-c - 1) * mp.gammainc(c + 1, left, z)
        return (below + in_time) / (below + whole)

    def real_level(self, load, agents, *, aht, within):
        """Return the level of Erlang C with a real number of agents, from Jagerman's integral."""
        mp = self.mp
        load, agents = mp.mpf(load), mp.mpf(agents)
        inverse = load * mp.quad(lambda t: mp.exp(-load * t) * (1 + t) ** agents, [0, 1 / load, 10 / load, 1, mp.inf])
        waits = 1 / (1 + (inverse - 1) * (1 - load / agents))
        return 1 - waits * mp.exp(-(agents - load) * mp.mpf(within) / mp.mpf(aht))

    def chain(self, load, agents, places, *, aht, within, patience=None, balking=0) -> SimpleNamespace:
        """Solve the balance equations of a finite chain; waits from the sums of exponential steps ahead."""
        mp = self.mp
        load, aht, within, balking = mp.mpf(load), mp.mpf(aht), mp.mpf(within), mp.mpf(balking)
        theta = mp.mpf(0) if patience is None else 1 / mp.mpf(patience)
        rate, drain = load / aht, agents / aht
        states = [mp.mpf(1)]
        for held in range(1, places + 1):
            birth = rate if held <= agents else rate * (1 - balking)
            states.append(states[-1] * birth / (min(held, agents) / aht + max(held - agents, 0) * theta))
        total = mp.fsum(states)
        states = [value / total for value in states]
        waiting = states[agents:places]
        queue = mp.fsum(k * share for k, share in enumerate(states[agents:]))
        busy = mp.fsum(waiting)
        abandonment = theta * queue / rate + balking * busy
        virtual = late = mp.mpf(0)
        for k, share in enumerate(waiting):
            if theta == 0:
                beyond = mp.gammainc(k + 1, drain * within, mp.inf, regularized=True)
                virtual, late = virtual + share * beyond, late + share * (1 - balking) * beyond
            else:
                c, x = drain / theta, mp.exp(-theta * within)
                virtual += share * mp.betainc(c, k + 1, 0, x, regularized=True)
                later = c / (c + k + 1) * mp.betainc(c + 1, k + 1, 0, x, regularized=True)
                late += share * (1 - balking) * later
        answered = 1 - states[places] - abandonment
        return SimpleNamespace(
            wait_probability=busy,
            blocking=states[places],
            balked=balking * busy,
            abandonment=abandonment,
            occupancy=load * answered / agents,
            queue_length=queue,
            mean_wait_s=queue / rate / (1 - states[places]),
            offered=answered - late,
            answered=(answered - late) / answered,
            virtual=1 - virtual - states[places],
            abandons_within_met=1 - states[places] - (1 - balking) * mp.exp(-theta * within) * virtual,
        )
