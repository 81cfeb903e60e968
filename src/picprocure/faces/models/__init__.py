"""Model files: where they are, how dlib's network is read, built as ONNX and cached."""
