"""``python -m sklearn_nn``."""

import sys

from sklearn_nn._cli.commands import main

if __name__ == "__main__":
    sys.exit(main())
