"""Data to start with: the calls of a real bank."""

from wfm.datasets.dataset import Dataset
from wfm.datasets.real import bank

__all__ = ["Dataset", "bank"]
