"""What :mod:`sklearn_nn.persistence` is made of: archive, parts, nets and trust."""
