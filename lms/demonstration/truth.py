"""The truth of the simulated network: every number that an analysis of it may hope to find again.

``docs/demo-network.md`` explains them; a test compares the two. Nothing in the application reads this file but the
simulation itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Months of history before the last day.
MONTHS: Final = 27
#: Batches of the ten sites that make many, over the whole history.
BATCHES: Final = 4_473

# -- climate: the true mean of a team on the scale 1 to 7 ---------------------------------------------------------------

CLIMATE_MEAN: Final = 4.5
CLIMATE_SD_SITE: Final = 0.25
CLIMATE_SD_TEAM: Final = 0.40
#: A team's climate wanders around its level from month to month: AR(1).
CLIMATE_PERSISTENCE: Final = 0.91
CLIMATE_SD_OVER_TIME: Final = 0.75
#: Rise per month in a team that keeps every commitment; proportional to the share it keeps.
CLIMATE_RISE_A_MONTH: Final = 0.015
CLIMATE_BOUNDS: Final = (1.8, 6.6)

# -- what goes wrong ----------------------------------------------------------------------------------------------------

#: True repeats of an earlier event per batch at mean climate, before site and season.
REPEATS_A_BATCH: Final = 0.135
#: THE EFFECT: rate ratio of true repeats per point of the team's climate in the calendar quarter before.
REPEAT_RATIO_A_POINT: Final = 0.60
#: True first-time events per batch; climate has no part in how often they happen.
FIRST_TIMES_A_BATCH: Final = 0.37
#: Spread (log scale) of the sites' own rates.
SITE_SD: Final = 0.15
#: Season: more goes wrong in late summer (holidays), less in spring. Amplitude on the log scale, peak month.
SEASON_AMPLITUDE: Final = 0.18
SEASON_PEAK_MONTH: Final = 8
#: Batches started per working day in a month, relative to the mean.
BATCH_SEASON: Final[Mapping[int, float]] = {
    1: 0.98,
    2: 1.04,
    3: 1.08,
    4: 1.03,
    5: 1.02,
    6: 1.05,
    7: 0.93,
    8: 0.80,
    9: 1.06,
    10: 1.10,
    11: 1.08,
    12: 0.83,
}
#: Share of true events that alarms, controls and reviews find, whoever wants them found.
FOUND_INDEPENDENTLY: Final = 0.42
#: Share of major events. A major one is always recorded in the end.
MAJOR: Final = 0.38
#: A repeat happens in the same team as the earlier one this often, else in another team of the site.
SAME_TEAM: Final = 0.7

# -- what gets said (reporting bias) --------------------------------------------------------------------------------------

#: Probability that people raise what only they can see: logistic in climate, this at mean climate ...
RAISED_AT_MEAN: Final = 0.45
#: ... and this much more on the log-odds scale per point of the present month's climate.
RAISED_A_POINT: Final = 1.5
#: Of what nobody raised and is not major, a supervisor notices this share; the rest is never recorded.
NOTICED_BY_SUPERVISOR: Final = 0.10
#: Share of self-reports raised more than a day late, at mean climate; halves with each point.
RAISED_LATE: Final = 0.11
#: Share of self-reports made by a colleague rather than the performer.
BY_A_PEER: Final = 0.28

# -- what people do with it -----------------------------------------------------------------------------------------------

#: QA confirms this share of the matches that the rule proposes; a coach accepts this share of the proposed reviews.
CONFIRMED: Final = 0.93
ACCEPTED: Final = 0.85
#: Share of the more than minor deviations after which an action is opened, and of the actions that come after their due
#: day. An action changes nothing about what happens afterwards: the history shows how looks end when nothing changed.
ACTED_ON: Final = 0.15
IN_PLACE_LATE: Final = 0.12
#: Answers to a survey that somebody is asked for.
ANSWERED: Final = 0.80
#: Of the answers, sheets with the same number in every line, and sheets with too few lines.
STRAIGHT_LINES: Final = 0.02
TOO_FEW_LINES: Final = 0.02
#: Spread of people around their team's climate, and of single items around the person.
PERSON_SD: Final = 0.6
ITEM_SD: Final = 1.0
