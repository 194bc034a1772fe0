"""The example of CONTRIBUTING.md is an estimator like any other."""

import re
from pathlib import Path

from sklearn.utils.estimator_checks import check_estimator

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


def test_the_example_passes_all_checks(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    assert len(blocks) == 2
    assert sum(block.count("\n") for block in blocks) <= 60
    (tmp_path / "residual_mlp_example.py").write_text("\n".join(blocks))
    monkeypatch.syspath_prepend(tmp_path)
    from residual_mlp_example import ResidualMLPClassifier

    assert "batch_size : int" in ResidualMLPClassifier.__doc__
    check_estimator(ResidualMLPClassifier(width=16), on_skip=None)
