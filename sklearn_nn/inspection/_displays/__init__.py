"""Displays: pictures that follow scikit-learn's conventions, one a file."""
