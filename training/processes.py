"""Several processes, one for each device, that `torchrun` started; or one alone."""

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn import all_gather
from torch.nn.parallel import DistributedDataParallel

from surveil_reid.core import InputError

PATIENCE = timedelta(minutes=60)
"""The others wait this long while the first process measures."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among its peers.

    Attributes:
        rank: its number, from 0.
        count: of all.
        device: that it works on.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether it is the one that measures, writes and speaks."""
        return self.rank == 0

    def part(self, size: int) -> slice:
        """The part of a batch that is this process's.

        Raises:
            InputError: when the batch cannot be shared out evenly.
        """
        if size % self.count:
            msg = f"{self.count} processes cannot share batches of {size}; change batch.size"
            raise InputError(msg)
        each = size // self.count
        return slice(self.rank * each, (self.rank + 1) * each)

    def synchronise(self, module: nn.Module) -> nn.Module:
        """Let batch norm see the batch of all processes; torch has that for CUDA alone."""
        if self.count == 1 or self.device.type == "cpu":
            return module
        convert = nn.SyncBatchNorm.convert_sync_batchnorm
        synchronised: nn.Module = convert(module)  # type: ignore[no-untyped-call]
        return synchronised

    def spread(self, module: nn.Module) -> nn.Module:
        """Keep a module's gradients the same in all processes."""
        trained = any(parameter.requires_grad for parameter in module.parameters())
        if self.count == 1 or not trained:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices)

    def gather(self, features: Tensor) -> Tensor:
        """Features of the whole batch from those of its parts; gradients find their way back.

        Each process then takes the same loss over the whole batch. Gathering adds up the gradients
        that reach a part in all of them, and averaging over them makes it those of one process.
        """
        if self.count == 1:
            return features
        return torch.cat(all_gather(features))  # type: ignore[no-untyped-call]

    def any(self, flag: bool) -> bool:
        """Whether the flag is up in any process; all of them must ask."""
        if self.count == 1:
            return flag
        raised = torch.tensor([int(flag)], device=self.device)
        distributed.all_reduce(raised, distributed.ReduceOp.MAX)
        return bool(raised)

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.count > 1:
            distributed.barrier()


def started_together() -> int:
    """How many processes `torchrun` started along with this one, itself counted."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join_processes(device: torch.device) -> Processes:
    """Meet the processes that `torchrun` started along with this one.

    Args:
        device: of this process if it is alone; its kind otherwise.

    Returns:
        This process among them; alone if it was started alone.
    """
    count = started_together()
    if count == 1:
        return Processes(0, 1, device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    return Processes(distributed.get_rank(), count, device)


def leave_processes(processes: Processes) -> None:
    """Part from the others."""
    if processes.count > 1:
        distributed.destroy_process_group()
