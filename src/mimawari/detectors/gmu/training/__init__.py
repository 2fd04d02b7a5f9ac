"""Training of the gated multimodal unit; the only part that needs PyTorch (extra ``train``)."""
