"""Tools for those who write estimators."""
