"""Six invented sites over eight periods; the figures that R 4.2.2 gives for them stand in the tests as literals.

In R: d <- data.frame(site = rep(1:6, each = 8), period = rep(0:7, 6), y, batches, climate).
"""

import numpy as np

SITE = np.repeat(np.arange(6), 8)
PERIOD = np.tile(np.arange(8), 6)
# fmt: off
EVENTS = np.array([
    11, 1, 3, 2, 3, 4, 7, 0, 0, 1, 6, 6, 9, 0, 2, 18, 0, 6, 4, 5, 6, 23, 7, 8,
    6, 2, 5, 6, 2, 2, 1, 1, 4, 2, 8, 4, 4, 7, 9, 3, 1, 1, 4, 1, 2, 3, 3, 9,
])
BATCHES = np.array([
    50, 20, 32, 57, 54, 23, 53, 53, 38, 34, 59, 58, 47, 35, 28, 57, 30, 42, 46, 29, 32, 49, 27, 46,
    57, 47, 45, 38, 58, 28, 34, 45, 46, 24, 26, 47, 53, 45, 57, 35, 33, 51, 21, 27, 27, 35, 26, 51,
])
CLIMATE = np.array([
    4.4, 4.1, 4.8, 5.3, 5.8, 5.1, 4.6, 4.5, 5.5, 6.1, 5.2, 4.1, 4.3, 6.1, 5.1, 3.8, 4.9, 4.2, 4.6, 4.7, 4.5, 5.4, 5.0, 4.6,
    5.3, 5.6, 3.8, 4.8, 4.3, 4.9, 4.1, 5.0, 5.0, 4.8, 4.3, 4.7, 4.2, 4.1, 5.2, 4.2, 5.8, 5.5, 3.6, 5.2, 4.2, 5.0, 5.0, 3.6,
])
# fmt: on
DESIGN = np.column_stack([np.ones(48), CLIMATE])
OFFSET = np.log(BATCHES)
EFFECTS = {"climate": CLIMATE}
