"""Data to start with: the calls of a real bank, and a synthetic shop that looks real."""

from wfm.datasets.dataset import Dataset
from wfm.datasets.real import bank
from wfm.datasets.shop import Shop, ecommerce

__all__ = ["Dataset", "Shop", "bank", "ecommerce"]
