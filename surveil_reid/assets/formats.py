"""What models are exported to; each kind of model can be had in some of it."""

from typing import Literal

ExportFormat = Literal["onnx", "openvino", "torchscript", "safetensors"]
ExportPrecision = Literal["fp32", "fp16", "bf16", "int8"]
