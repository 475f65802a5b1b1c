"""Losses agree with loops written from the papers' definitions."""

import math

import pytest
import torch
from torch import Tensor

from training.losses import CircleSoftmax, batch_hard_triplet, cosine_distillation
from training.objective import Objective
from training.recipe import LossRecipe


def batch(seed: int, count: int = 12, dim: int = 5, people: int = 4) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    features = torch.randn(count, dim, generator=random, dtype=torch.float64)
    return features, torch.arange(count) % people


def distance(one: Tensor, other: Tensor) -> float:
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one.tolist(), other.tolist(), strict=True)))


@pytest.mark.parametrize("margin", [None, 0.0, 0.3, 5.0])
@pytest.mark.parametrize("seed", range(3))
def test_batch_hard_triplets_as_a_loop_over_anchors_has_them(
    margin: float | None, seed: int
) -> None:
    features, labels = batch(seed)
    expected = []
    for anchor, who in zip(features, labels, strict=True):
        others = list(zip(features, labels, strict=True))
        farthest = max(distance(anchor, f) for f, label in others if label == who)
        nearest = min(distance(anchor, f) for f, label in others if label != who)
        gap = farthest - nearest
        expected.append(math.log1p(math.exp(gap)) if margin is None else max(0.0, gap + margin))
    found = batch_hard_triplet(features, labels, margin)
    assert found.item() == pytest.approx(sum(expected) / len(expected), abs=1e-5)


def test_equal_features_give_a_finite_gradient() -> None:
    features = torch.ones(4, 3, requires_grad=True)
    batch_hard_triplet(features, torch.tensor([0, 0, 1, 1]), 0.3).backward()
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize(("scale", "margin"), [(64.0, 0.35), (30.0, 0.25)])
def test_circle_softmax_is_the_circle_loss_over_class_vectors(scale: float, margin: float) -> None:
    features, labels = batch(0)
    classifier = CircleSoftmax(5, 4, scale=scale, margin=margin).double()
    torch.nn.init.normal_(classifier.weight)
    logits = classifier(features, labels)
    found = torch.nn.functional.cross_entropy(logits, labels)
    vectors = classifier.weight.detach()
    expected = 0.0
    for feature, label in zip(features, labels.tolist(), strict=True):
        cosines = [float(feature @ vector / feature.norm() / vector.norm()) for vector in vectors]
        own = cosines[label]
        # Equation 6 of the paper: log(1 + Σ exp(g aₙ (sₙ - m)) · exp(-g aₚ (sₚ - 1 + m))).
        negatives = sum(
            math.exp(scale * max(0.0, s + margin) * (s - margin))
            for place, s in enumerate(cosines)
            if place != label
        )
        positive = math.exp(-scale * max(0.0, 1 + margin - own) * (own - 1 + margin))
        expected += math.log1p(negatives * positive) / len(labels)
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_the_circle_losses_weights_carry_no_gradient() -> None:
    features, labels = batch(1)
    features.requires_grad_()
    classifier = CircleSoftmax(5, 4, scale=8.0, margin=0.3).double()
    torch.nn.init.normal_(classifier.weight)
    classifier(features, labels)[0, 1].backward()  # one logit of another class
    vector, feature = classifier.weight[1].detach(), features.detach()[0]
    cosine = feature @ vector / feature.norm() / vector.norm()
    direction = vector / vector.norm() / feature.norm() - cosine * feature / feature.norm() ** 2
    expected = 8.0 * (cosine + 0.3).clamp(min=0) * direction
    assert features.grad is not None
    torch.testing.assert_close(features.grad[0], expected)


def test_distillation_is_one_minus_the_mean_cosine() -> None:
    (features, _), (targets, _) = batch(2), batch(3)
    cosines = [
        float(f @ t) / math.sqrt(float(f @ f) * float(t @ t))
        for f, t in zip(features, targets, strict=True)
    ]
    expected = 1 - sum(cosines) / len(cosines)
    assert cosine_distillation(features, targets).item() == pytest.approx(expected)


def test_the_objective_adds_up_what_the_recipe_weighs() -> None:
    torch.manual_seed(0)
    recipe = LossRecipe(
        cross_entropy=0.5, label_smoothing=0.1, triplet=2.0, distillation=10.0, teacher="any"
    )
    objective = Objective(recipe, dim=5, classes=4, teacher_dim=3)
    features, labels = batch(4)
    pooled, embedded = features.float(), (features * 2 + 1).float()
    targets = torch.randn(12, 3)
    losses = objective(pooled, embedded, labels, targets)
    assert losses.parts.keys() == {"cross_entropy", "triplet", "distillation"}
    parts = {name: loss.item() for name, loss in losses.parts.items()}
    total = 0.5 * parts["cross_entropy"] + 2 * parts["triplet"] + 10 * parts["distillation"]
    assert losses.total.item() == pytest.approx(total, rel=1e-5)
    # Label smoothing: nine tenths for the own class, the rest shared out over all.
    logits = objective.classifier(embedded)
    log_shares = logits - logits.logsumexp(1, keepdim=True)
    own = log_shares.gather(1, labels.unsqueeze(1))[:, 0]
    expected = -(0.9 * own + 0.1 * log_shares.mean(1)).mean()
    assert parts["cross_entropy"] == pytest.approx(expected.item(), rel=1e-5)
    assert parts["triplet"] == pytest.approx(batch_hard_triplet(pooled, labels, 0.3).item())


def test_the_objective_counts_who_was_recognised() -> None:
    objective = Objective(LossRecipe(), dim=3, classes=3, teacher_dim=None)
    with torch.no_grad():
        objective.classifier.weight.copy_(torch.eye(3))
    features = torch.eye(3)
    losses = objective(features, features, torch.tensor([0, 1, 0]), None)
    assert losses.right.item() == 2


def test_pictures_without_labels_are_the_teachers_alone() -> None:
    torch.manual_seed(0)
    recipe = LossRecipe(cross_entropy=1.0, triplet=1.0, distillation=1.0, teacher="any")
    objective = Objective(recipe, dim=5, classes=4, teacher_dim=3)
    features, labels = batch(4)
    features, targets = features.float(), torch.randn(12, 3)
    losses = objective(features, features, labels[:8], targets)
    alone = objective(features[:8], features[:8], labels[:8], targets[:8])
    assert losses.right == alone.right
    for name in ("cross_entropy", "triplet"):
        torch.testing.assert_close(losses.parts[name], alone.parts[name])
    of_all = objective(features, features, labels, targets).parts["distillation"]
    torch.testing.assert_close(losses.parts["distillation"], of_all)
