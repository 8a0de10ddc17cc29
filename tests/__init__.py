"""Tests: one file for each module, and files for what only a kernel or a browser can show."""
