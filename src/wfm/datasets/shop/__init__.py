"""A seeded synthetic shop centre that looks real."""

from wfm.datasets.shop.data import Shop, ecommerce

__all__ = ["Shop", "ecommerce"]
