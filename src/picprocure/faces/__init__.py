"""Faces in photos: found, embedded, clustered, matched. Knows nothing of Django."""

import os

# From version 1.29 on, ONNX Runtime sends what it runs to its maker and keeps a device id, unless
# this is set before it is imported. Nothing may leave the machine; processes started by this one
# inherit it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
