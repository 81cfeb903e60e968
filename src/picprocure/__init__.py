"""PicProcure gives everyone the event photos they are in, and only those."""

__version__ = "0.1.0"
