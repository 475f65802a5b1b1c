"""Records of training runs that nobody trained."""

from typing import Any

from training.records import Cell, Record, TestScores, TrainingData, TrainingScores, Weights

FIRST_CELL = Cell(
    model="ResNet-18", dataset="MARKET-1501", train_test="80:20", amp=True, fine_tuned=True
)


def scores(mean_ap: float, protocol: str = "paper-80") -> TestScores:
    return TestScores(
        protocol=protocol,
        mean_ap=mean_ap,
        mean_ap_trapezoidal=mean_ap - 0.01,
        cmc={1: 0.5, 5: 0.75, 10: 0.875},
        mean_inp=0.25,
        queries=40,
        valid_queries=32,
        gallery=100,
    )


def record(name: str = "a-run", **changed: Any) -> Record:  # noqa: ANN401 (any of its fields)
    fields: dict[str, Any] = {
        "name": name,
        "recipe": {"epochs": 2, "optimizer": {"rate": 0.001}},
        "cell": FIRST_CELL,
        "state": "finished",
        "data": TrainingData(
            name="market1501",
            protocol="paper-80",
            sha256="0" * 64,
            identities=3,
            images=12,
            skipped=0,
        ),
        "weights": Weights(source="random"),
        "seed": 0,
        "versions": {"python": "3.11.9"},
        "device": "a processor",
        "threads": 2,
        "wall_seconds": 65.5,
        "epochs": 2,
        "steps": 6,
        "skipped_steps": 0,
        "images_per_second": 20.25,
        "data_wait_share": 0.01,
        "training": TrainingScores(loss=0.5, accuracy=0.75, best_validation_accuracy=0.25),
        "test": scores(0.625),
    }
    return Record(**(fields | changed))
