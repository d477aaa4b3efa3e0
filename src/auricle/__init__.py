"""Auricle: recordings and live speech into transcripts people can use."""

__version__ = "0.1.0"
