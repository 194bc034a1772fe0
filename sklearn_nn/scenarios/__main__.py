"""``python -m sklearn_nn.scenarios``."""

import sys

from sklearn_nn.scenarios._cli import main

if __name__ == "__main__":
    sys.exit(main())
