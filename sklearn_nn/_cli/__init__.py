"""The command line: a pipeline described in TOML is trained, tuned and evaluated."""
