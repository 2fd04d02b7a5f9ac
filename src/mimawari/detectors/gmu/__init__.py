"""The gated multimodal unit: text, table and pictures, and which of them spoke.

After Arevalo et al., "Gated Multimodal Units for Information Fusion" (2017).
"""
