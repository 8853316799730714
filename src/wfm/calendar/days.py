"""Public holidays and make-up days of countries, from the package `holidays`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from wfm.errors import DataError, Problem, did_you_mean

__all__ = ["as_years", "check_country", "makeup_days", "public_holidays"]


def public_holidays(country: str, years: Iterable[int] | int, subdivision: str | None = None) -> dict[date, str]:
    """Return the public holidays of a country, by date, from the package `holidays`.

    Names are English where the package has them in English, else in the country's own language: never in that of the
    machine.

    Parameters
    ----------
    country, subdivision
        ISO codes, such as `"US"` and `"CA"`.
    years
        One year or several.

    Raises
    ------
    DataError
        If the country or the subdivision is unknown.

    Examples
    --------
    >>> public_holidays("DE", 2026, "BY")[date(2026, 1, 6)]
    'Epiphany'
    """
    import holidays

    check_country(country, subdivision)
    wanted = as_years(years)
    entity = getattr(holidays, country)
    language = "en_US" if "en_US" in entity.supported_languages else entity.default_language
    # A holiday of January may be observed in December before.
    listed = holidays.country_holidays(
        country, subdiv=subdivision, years=wanted | {year + 1 for year in wanted}, language=language
    )
    return {day: name for day, name in sorted(listed.items()) if day.year in wanted}


def makeup_days(country: str, years: Iterable[int] | int, subdivision: str | None = None) -> tuple[date, ...]:
    """Return the weekend days that a country works in place of days off, as the package `holidays` knows them.

    Governments announce them about a year ahead; later years have none yet.

    Parameters
    ----------
    country, subdivision
        ISO codes, such as `"CN"`.
    years
        One year or several.

    Raises
    ------
    DataError
        If the country or the subdivision is unknown.

    Examples
    --------
    >>> [str(day) for day in makeup_days("CN", 2025)]
    ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11']
    """
    import holidays

    check_country(country, subdivision)
    wanted = as_years(years)
    listed = holidays.country_holidays(country, subdiv=subdivision, years=wanted | {year + 1 for year in wanted})
    return tuple(sorted(day for day in listed.weekend_workdays if day.year in wanted))


def as_years(years: Iterable[int] | int) -> set[int]:
    """Return one year or several as a set."""
    return {years} if isinstance(years, int) else set(years)


def check_country(country: str, subdivision: str | None) -> None:
    """Raise a `DataError` if the package `holidays` does not know the country or its subdivision."""
    import holidays

    if country not in holidays.list_supported_countries(include_aliases=True):
        known = holidays.list_supported_countries(include_aliases=False)
        raise DataError(Problem(f"unknown country {country!r}", remedy=_nearest(country, known)))
    entity = getattr(holidays, country)
    names = {*entity.subdivisions, *entity.subdivisions_aliases}
    if subdivision is not None and subdivision not in names:
        what = f"unknown subdivision {subdivision!r} of country {country!r}"
        raise DataError(Problem(what, remedy=_nearest(subdivision, names)))


def _nearest(code: str, known: Iterable[str]) -> str:
    upper = str(code).upper()
    return f"write {upper!r}" if upper in known else did_you_mean(str(code), known)
