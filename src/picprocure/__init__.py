"""PicProcure gives everyone the event photos they are in, and only those."""

import os

__version__ = "0.1.0"

# numpy reads this when it is imported. There is one worker process for each core, and OpenBLAS's
# threads spin while they wait: with two, sorting 20,000 faces takes twice the processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
