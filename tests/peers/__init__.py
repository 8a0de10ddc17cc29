"""Comparisons with other programs; run by hand, since those need environments of their own."""
