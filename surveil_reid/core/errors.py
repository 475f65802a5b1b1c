"""Every error that a user can cause or meet, in one tree.

SurveilReidError            base: one line that names the thing and the remedy
├── InputError              something handed in cannot be used
│   ├── MediaError          a recording or picture that cannot be decoded
│   ├── SiteError           a site file or camera option that is wrong
│   ├── ArrayError          an array of the wrong shape, type or range
│   └── UnknownNameError    a camera, tracklet or identity that the store does not hold
├── WeightsError            weights that are missing, unsafe, changed or of another architecture
└── StoreError              the store cannot be used as asked
    ├── SchemaError         made by a newer version of the software
    ├── OutdatedError       made by an older version, and not to be changed
    ├── ReadOnlyError       cannot be written
    ├── SpaceError          the disk is full
    ├── ModelMismatchError  descriptors made by another model
    └── BusyError           another process is working on the same recording
"""


class SurveilReidError(Exception):
    """Base of all errors raised on purpose; its text is one line fit for a user to read."""


class InputError(SurveilReidError):
    """Something handed in cannot be used."""


class MediaError(InputError):
    """A recording or picture cannot be decoded."""


class SiteError(InputError):
    """A site file or a camera option is wrong."""


class ArrayError(InputError, ValueError):
    """An array has the wrong shape, type or range."""


class UnknownNameError(InputError, LookupError):
    """The store holds no camera, tracklet or identity of this name."""


class WeightsError(SurveilReidError):
    """Weights are missing, unsafe, changed or of another architecture."""


class StoreError(SurveilReidError):
    """The store cannot be used as asked."""


class SchemaError(StoreError):
    """The store was made by a newer version of the software."""


class OutdatedError(StoreError):
    """The store was made by an older version; opening it for writing brings it up to date."""


class ReadOnlyError(StoreError):
    """The store cannot be written."""


class SpaceError(StoreError):
    """The disk is full; nothing half-written remains."""


class ModelMismatchError(StoreError):
    """Descriptors of two models would be compared."""


class BusyError(StoreError):
    """Another process is working on the same recording."""
