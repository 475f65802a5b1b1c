"""Tiny real network files: each embeds a picture as its mean prepared colour, `(n, 3)`."""

from pathlib import Path

from surveil_reid.assets import import_openvino

INPUT, OUTPUT = "pictures", "means"


def write_openvino(
    path: Path, height: int, width: int, *, batch_fixed_inside: bool = False
) -> Path:
    """Write an OpenVINO file of batch 1; some real ones cannot be given another."""
    openvino = import_openvino()
    from openvino import opset13  # noqa: PLC0415

    pictures = opset13.parameter([1, 3, height, width], name=INPUT)
    pictures.output(0).set_names({INPUT})
    means = opset13.reduce_mean(pictures, [2, 3], keep_dims=False)
    if batch_fixed_inside:
        means = opset13.reshape(means, [1, 3], special_zero=False)
    means.output(0).set_names({OUTPUT})
    openvino.save_model(openvino.Model([means], [pictures]), path, compress_to_fp16=False)
    return path


def write_onnx(path: Path, height: int, width: int, batch: int | None = None) -> Path:
    """Write an ONNX file, of any batch unless one is given, without needing the onnx package.

    The numbers are the fields of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
    """
    pooled = _node("GlobalAveragePool", INPUT, "pooled")
    flat = _node("Flatten", "pooled", OUTPUT)
    graph = b"".join(
        [
            _bytes(1, pooled),
            _bytes(1, flat),
            _bytes(2, b"graph"),
            _bytes(11, _value(INPUT, [batch, 3, height, width])),
            _bytes(12, _value(OUTPUT, [batch, 3])),
        ]
    )
    opset = _bytes(1, b"") + _number(2, 13)
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, opset))
    return path


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _node(kind: str, source: str, target: str) -> bytes:
    return _bytes(1, source.encode()) + _bytes(2, target.encode()) + _bytes(4, kind.encode())


def _value(name: str, shape: list[int | None]) -> bytes:
    sizes = [_bytes(2, b"n") if size is None else _number(1, size) for size in shape]
    tensor = _number(1, 1) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))
