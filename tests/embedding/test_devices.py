"""Precision "auto" is bf16 only where the processor computes it natively."""

import pytest
import torch

from surveil_reid.embedding.devices import cpu_has_bf16, cpu_precision, lists_native_bf16


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ("", False),
        ("flags\t\t: fpu avx2 avx512f avx512bw avx512_vnni", False),
        ("flags\t\t: fpu avx512f avx512_bf16 amx_tile", True),
        ("processor\t: 0\nflags\t\t: fpu\tamx_bf16\nbugs\t\t: none", True),
        ("Features\t: fp asimd bf16 sve", True),
        ("Features\t: fp asimd svebf16x", False),
        ("model name\t: the bf16 avx512_bf16 one\nflags\t\t: fpu", False),
    ],
)
def test_bf16_is_read_from_the_flags_alone(facts: str, expected: bool) -> None:
    assert lists_native_bf16(facts) is expected


def test_this_machine_is_seen_as_torch_sees_it() -> None:
    theirs = torch.cpu.get_capabilities()
    native = any(theirs.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    assert cpu_has_bf16() == native
    assert cpu_precision("auto") == ("bf16" if native else "fp32")


def test_a_precision_asked_for_is_taken() -> None:
    assert (cpu_precision("fp32"), cpu_precision("bf16")) == ("fp32", "bf16")
