"""Find model files, read dlib's network, and build and cache it as an ONNX model."""
