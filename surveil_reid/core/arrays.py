"""Array types that every stage shares; all of them NumPy, so that no framework crosses a border."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

SIGHT = np.dtype([("camera", "<i4"), ("start", "<f8"), ("end", "<f8"), ("doubtful", "?")])
"""What a search can choose tracklets by: the store's number of the camera, the first and the last
moment in UTC seconds since 1970, and whether it is doubtful."""
Sights = NDArray[np.void]
"""An array of `SIGHT`, one for each tracklet."""
