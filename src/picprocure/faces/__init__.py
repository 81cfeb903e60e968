"""Find the faces in photos, embed, cluster and match them. Knows nothing of Django."""

import os

# Since version 1.29, ONNX Runtime sends usage data to its maker and keeps a device id, unless this
# is set before it is imported. Nothing may leave the machine. Child processes inherit the variable.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
