"""The routing head against a loop over rows and experts."""

import copy
import pickle

import pytest
import torch
from torch.nn import functional as F

from sklearn_nn.modules import MoE, MoEHead, PooledEmbedding

N, N_INPUTS, N_OUTPUTS, N_EXPERTS = 40, 6, 3, 5
RNG = torch.Generator().manual_seed(0)
X = torch.randn(N, N_INPUTS, generator=RNG, dtype=torch.float64)
WEIGHT = torch.randint(1, 4, (N,), generator=RNG).double()
IDS = torch.randint(1, 20, (N, 9), generator=RNG)
IDS[torch.arange(9) >= torch.randint(1, 10, (N, 1), generator=RNG)] = 0

every_k = pytest.mark.parametrize("top_k", [None, 1, 2, 4, 5])


def make_head(top_k=None, dtype=torch.float64, **parameters):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        head = MoEHead(
            N_INPUTS, N_OUTPUTS, N_EXPERTS, hidden_size=7, top_k=top_k, **parameters
        )
        # Or else a mistake in the normalisation's weights would not show.
        for p in (head.experts.norm_weight, head.experts.norm_bias, head.router.bias):
            torch.nn.init.normal_(p)
    return head.to(dtype)


def naive_gates(head, x):
    """The formula for one row: weights of all experts."""
    scores = head.router.weight @ x + head.router.bias
    probabilities = scores.exp() / scores.exp().sum()
    if head.top_k is None:
        return probabilities
    chosen = scores.argsort(descending=True)[: head.top_k]
    is_chosen = torch.zeros_like(scores)
    is_chosen[chosen] = 1
    kept = probabilities * is_chosen
    return kept if head.top_k == 1 else kept / kept.sum()


def naive_features(head, x):
    """The formula for one row: each chosen expert by itself."""
    experts, total = head.experts, 0.0
    for e, gate in enumerate(naive_gates(head, x)):
        if gate > 0:
            hidden = experts.weight_in[e] @ x + experts.bias_in[e]
            hidden = (hidden - hidden.mean()) / (hidden.var(correction=0) + 1e-5).sqrt()
            hidden = hidden * experts.norm_weight[e] + experts.norm_bias[e]
            hidden = hidden.clamp(min=0)
            total = total + gate * (
                hidden @ experts.weight_out[e] + experts.bias_out[e]
            )
    return total


@every_k
def test_outputs_equal_the_loop(top_k):
    head = make_head(top_k)
    features = torch.stack([naive_features(head, x) for x in X])
    torch.testing.assert_close(head.features(X), features)
    gates = torch.stack([naive_gates(head, x) for x in X])
    torch.testing.assert_close(head.gate(X), gates)
    logits = features @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(X), logits)


@every_k
def test_gradients_equal_those_of_the_loop(top_k):
    ours, naive = make_head(top_k), make_head(top_k)
    ours(X).square().sum().backward()
    features = torch.stack([naive_features(naive, x) for x in X])
    naive.output(features).square().sum().backward()
    for (name, p), q in zip(ours.named_parameters(), naive.parameters()):
        assert p.grad.abs().sum() > 0, name
        torch.testing.assert_close(p.grad, q.grad, msg=name)


def test_all_experts_chosen_is_soft_routing():
    soft, all_chosen = make_head(), make_head(N_EXPERTS)
    assert torch.equal(soft(X), all_chosen(X))
    assert torch.equal(soft.penalty(), all_chosen.penalty())
    # The sparse way of computing it comes to the same.
    gates = soft.gate(X)
    order = torch.randperm(N_EXPERTS, generator=RNG).expand(N, -1)
    torch.testing.assert_close(
        soft.experts.some(X, gates.gather(1, order), order), soft.experts.all(X, gates)
    )


@pytest.mark.parametrize("top_k", [1, 2])
def test_only_chosen_experts_learn(top_k):
    head = make_head(top_k)
    with torch.no_grad():
        head.router.bias[3] = -30.0
        head.router.bias[1] = 30.0
    head(X).square().sum().backward()
    gate = head.gate(X)
    assert (gate[:, 1] > 0).all()
    assert not gate[:, 3].any()
    assert ((gate > 0).sum(1) == top_k).all()
    for name, p in head.experts.named_parameters():
        assert not p.grad[3].any(), name
        assert p.grad[1].any(), name


def test_a_single_choice_teaches_the_router():
    head = make_head(top_k=1)
    gate = head.gate(X)
    assert ((gate > 0) & (gate < 1)).sum(1).eq(1).all()
    head(X).square().sum().backward()
    assert head.router.weight.grad.abs().sum() > 0


@every_k
def test_rows_do_not_see_each_other(top_k):
    head = make_head(top_k).eval()
    alone = torch.cat([head(x[None]) for x in X])
    torch.testing.assert_close(head(X), alone)


@every_k
def test_penalty_is_its_formula(top_k):
    head = make_head(top_k, aux_loss_coef=0.3, z_loss_coef=0.7)
    head(X)
    scores = head.router(X)
    gates = head.gate(X)
    probability = scores.softmax(1).mean(0)
    soft = top_k in (None, N_EXPERTS)
    share = probability if soft else (gates > 0).double().mean(0) / top_k
    balance = N_EXPERTS * (share * probability).sum()
    z = scores.exp().sum(1).log().square().mean()
    torch.testing.assert_close(head.penalty(), 0.3 * balance + 0.7 * z)


@every_k
def test_a_row_of_weight_two_is_two_rows_to_the_penalty(top_k):
    head = make_head(top_k)
    head(X)
    weighted = head.penalty(3.0 * WEIGHT)
    head(X.repeat_interleave(WEIGHT.long(), dim=0))
    torch.testing.assert_close(weighted, head.penalty())


def test_even_use_has_the_lowest_balance_loss():
    head = make_head(aux_loss_coef=1.0, z_loss_coef=0.0)
    head(X)
    uneven = head.penalty()
    with torch.no_grad():
        head.router.weight.zero_()
        head.router.bias.zero_()
    head(X)
    even = head.penalty().item()
    assert even == pytest.approx(1.0)
    assert uneven > even
    with torch.no_grad():
        head.router.bias[2] = 1e3
    head(X)
    assert head.penalty().item() == pytest.approx(N_EXPERTS)


def test_penalty_teaches_the_router():
    for coefs in [(1.0, 0.0), (0.0, 1.0)]:
        head = make_head(2, aux_loss_coef=coefs[0], z_loss_coef=coefs[1])
        head(X)
        head.penalty().backward()
        assert head.router.weight.grad.abs().sum() > 0


def test_penalty_belongs_to_one_training_batch():
    head = make_head()
    with pytest.raises(RuntimeError, match="training mode first"):
        head.penalty()
    head.eval()(X)
    with pytest.raises(RuntimeError, match="training mode first"):
        head.penalty()
    head.train()(X)
    assert head.penalty() > 0
    with pytest.raises(RuntimeError, match="training mode first"):
        head.penalty()


def test_noise_moves_the_scores_in_training_only():
    noisy, plain = make_head(2, router_noise=2.0), make_head(2)
    assert not torch.equal(noisy(X), plain(X))
    assert not torch.equal(noisy(X), noisy(X))
    assert torch.equal(noisy.eval()(X), plain.eval()(X))
    assert torch.equal(noisy.gate(X), plain.gate(X))


def test_noise_has_the_standard_deviation_asked_for():
    head = make_head(router_noise=0.5)
    with torch.no_grad():
        head.router.weight.zero_()
        head.router.bias.zero_()
        gates = head.gate(torch.zeros(20_000, N_INPUTS, dtype=torch.float64))
    # Logarithms of gates differ by the difference of two scores.
    differences = gates[:, 0].log() - gates[:, 1].log()
    assert differences.mean().item() == pytest.approx(0.0, abs=0.03)
    assert differences.std().item() == pytest.approx(0.5 * 2**0.5, rel=0.03)


def test_dropout_in_training_only():
    head, plain = make_head(2, dropout=0.5), make_head(2)
    assert not torch.equal(head(X), plain(X))
    assert torch.equal(head.eval()(X), plain.eval()(X))


@every_k
def test_bfloat16(top_k):
    head = make_head(top_k, torch.float32)
    x = X.float()
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(x)
        gates = head.gate(x)
    loss = logits.float().square().mean() + head.penalty(WEIGHT.float())
    loss.backward()
    assert logits.dtype == torch.bfloat16
    assert torch.equal(gates, head.gate(x))
    torch.testing.assert_close(logits.float(), head(x), atol=0.05, rtol=0.05)
    for name, p in head.named_parameters():
        assert torch.isfinite(p.grad).all(), name


def test_each_expert_starts_like_a_linear_layer():
    head = MoEHead(400, 2, n_experts=4, hidden_size=100)
    for p, fan_in in [
        (head.experts.weight_in, 400),
        (head.experts.bias_in, 400),
        (head.experts.weight_out, 100),
        (head.experts.bias_out, 100),
    ]:
        bound = fan_in**-0.5
        assert p.abs().max() <= bound
        assert p.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
        assert not torch.equal(p[0], p[1])
    assert not head.router.bias.any()


def test_copies_and_pickles_between_forward_and_penalty():
    head = make_head(2)
    head(X)
    for twin in (copy.deepcopy(head), pickle.loads(pickle.dumps(head))):
        assert torch.equal(twin(X), head(X))
    head(X).sum().backward()
    assert head.penalty() > 0


def test_pooled_embedding_is_the_mean_of_the_tokens():
    pool = PooledEmbedding(20, 4).double()
    assert not pool.weight[0].any()
    expected = torch.stack([pool.weight[row[row != 0]].mean(0) for row in IDS])
    torch.testing.assert_close(pool(IDS), expected)
    torch.testing.assert_close(pool(F.pad(IDS, (0, 5))), expected)
    assert not pool(torch.zeros(1, 3, dtype=torch.int32)).any()
    ours, naive = (copy.deepcopy(pool) for _ in range(2))
    ours(IDS).square().sum().backward()
    rows = [naive.weight[row[row != 0]].mean(0) for row in IDS]
    torch.stack(rows).square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, naive.weight.grad)


def test_mixture_reads_ids_or_numbers():
    module = MoE(6, 2, vocabulary_size=20, n_experts=3, hidden_size=4)
    pooled = module.input(IDS)
    head = MoE(6, 2, n_experts=3, hidden_size=4)
    head.load_state_dict(
        {n: p for n, p in module.state_dict().items() if n != "input.weight"}
    )
    assert torch.equal(module(IDS), head(pooled))
    assert torch.equal(module.gate(IDS), head.gate(pooled))
    assert torch.equal(module.penalty(), head.penalty())
