"""One script a claim: each prints its table and writes ``results/NAME.json``."""
