"""OpenVINO as it is imported here can be used by several threads from the first moment on."""

import subprocess
import sys

SECONDS = 60
CONVERTED_AT_ONCE = """
import os, sys, threading
from surveil_reid.assets import import_openvino
kind = import_openvino().Type.u8
started = False
def convert():
    while not started:
        pass
    kind.to_dtype()
sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=convert, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
started = True
for thread in threads:
    thread.join(5)
os._exit(any(thread.is_alive() for thread in threads))
"""


def test_threads_do_not_wait_for_each_other_forever() -> None:
    command = [sys.executable, "-c", CONVERTED_AT_ONCE]
    assert subprocess.run(command, timeout=SECONDS, check=False).returncode == 0


def test_nothing_reports_its_use() -> None:
    program = (
        "from surveil_reid.assets import import_openvino; import_openvino();"
        "import sys; assert sys.modules['openvino_telemetry'] is None"
    )
    subprocess.run([sys.executable, "-c", program], timeout=SECONDS, check=True)
