"""scikit-learn's contract for networks, whatever computes them: no torch here."""
