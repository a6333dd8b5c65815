"""Brazil: who gets which part of the revenue, by year, and what the supervision costs.

The revenue is stakes minus prizes minus the income tax on prizes. LC 224/2025 art. 9 moves one
percentage point a year from the operator to social security until 2028. Amounts are centavos.
"""

from datetime import date
from typing import Final

from shared.compliance.rules import Destinations, FeeBands, GgrSplit, Rule, Rules

_LC_224: Final = "LC 224/2025 art. 9 (26 December 2025)"

GGR_SPLITS: Final[Rules[GgrSplit]] = (
    Rule(
        rule_id="BR-TAX-01",
        value=GgrSplit(8_800, 0, 1_200),
        source="Lei 13.756/2018 art. 30 as amended by Lei 14.790/2023",
        certainty="secondary",
        effective_from=date(2025, 1, 1),
        effective_until=date(2026, 1, 1),
    ),
    Rule(
        rule_id="BR-TAX-01",
        value=GgrSplit(8_700, 100, 1_200),
        source=_LC_224,
        certainty="primary",
        effective_from=date(2026, 1, 1),
        effective_until=date(2027, 1, 1),
    ),
    Rule(
        rule_id="BR-TAX-01",
        value=GgrSplit(8_600, 200, 1_200),
        source=_LC_224,
        certainty="primary",
        effective_from=date(2027, 1, 1),
        effective_until=date(2028, 1, 1),
    ),
    Rule(
        rule_id="BR-TAX-01",
        value=GgrSplit(8_500, 300, 1_200),
        source=_LC_224,
        certainty="primary",
        effective_from=date(2028, 1, 1),
    ),
)

DESTINATIONS: Final[Rules[Destinations]] = (
    Rule(
        rule_id="BR-TAX-02",
        value=Destinations(
            (
                ("education", 100),
                ("public_security", 136),
                ("sport", 360),
                ("social_security", 100),
                ("tourism", 280),
                ("health", 10),
                ("civil_society", 5),
                ("funapol", 5),
                ("abdi", 4),
            )
        ),
        source="Lei 13.756/2018 art. 30 §1-A",
        certainty="unverified",
        effective_from=date(2025, 1, 1),
    ),
)

INSPECTION_FEE: Final[Rules[FeeBands]] = (
    Rule(
        rule_id="BR-TAX-04",
        value=FeeBands(
            (
                (3_083_774_976, 5_441_956),
                (5_139_624_960, 9_069_926),
                (8_566_041_600, 15_116_544),
                (14_276_736_000, 25_194_240),
                (23_794_560_000, 41_990_400),
                (39_657_600_000, 69_984_000),
                (66_096_000_000, 116_640_000),
                (None, 194_400_000),
            )
        ),
        source="Lei 14.790/2023 art. 32; ordinance of 7 February 2025; inner bands not verified",
        certainty="unverified",
        effective_from=date(2025, 2, 7),
    ),
)

PRIZE_TAX_FREE: Final[Rules[int]] = (
    Rule(
        rule_id="BR-TAX-05",
        value=2_846_720,
        source="Lei 14.790/2023 art. 31; IN RFB 2.299/2025 (income year 2025)",
        certainty="secondary",
        effective_from=date(2025, 1, 1),
    ),
)
