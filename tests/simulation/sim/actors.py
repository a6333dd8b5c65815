"""Who acts in the simulated world, and how often.

Each actor is a function of the world, a generator of chance, a wallet's number and the operation's;
it gives the kind and the arguments of an operation, or None when it has nothing to do. A new
command of the wallet needs an actor and a line here, a judge (`model_judge`) and an effect
(`model_effects`).
"""

from typing import Final

from simulation.sim import house_actors, platform_actors, player_actors, protection_actors
from simulation.sim.acting import Actor

ACTORS: Final[tuple[tuple[float, Actor], ...]] = (
    (0.2, house_actors.travels),
    (14, player_actors.plays),
    (14, house_actors.provider_bets),
    (10, house_actors.provider_pays),
    (4, house_actors.provider_undoes),
    (3, player_actors.opens_game),
    (4, player_actors.asks_for_a_charge),
    (7, house_actors.bank_tells),
    (3, player_actors.withdraws),
    (4, house_actors.bank_settles),
    (2, house_actors.desk_grants),
    (1, house_actors.desk_takes_back),
    (1, house_actors.desk_ends_bonus),
    (1, house_actors.two_people_adjust),
    (1, player_actors.rotates),
    (1, player_actors.logs_out),
    (9, player_actors.looks),
    (1, player_actors.reads_the_statement),
    (9, player_actors.retries_the_unknown),
    (5, player_actors.retries_anything),
    (2, player_actors.reuses_a_key),
    (1, player_actors.sends_nonsense),
    (1, protection_actors.arrives),
    (1.5, protection_actors.sets_limit),
    (1, protection_actors.confirms_limit),
    (0.25, protection_actors.stops),
    (0.3, protection_actors.minds_the_time),
    (0.4, protection_actors.reacts),
    (0.5, protection_actors.operator_limits),
    (1.5, protection_actors.learns_a_fact),
    (0.1, protection_actors.changes_the_rules),
    (0.15, protection_actors.sends_a_message),
    (0.04, protection_actors.damages_a_row),
    (3, platform_actors.evicts),
    (2, platform_actors.skews_the_clock),
    (1, platform_actors.advances_the_clock),
    (5, platform_actors.fires_the_alarm),
    (1, platform_actors.configures),
    (6, platform_actors.consumes),
    (1, platform_actors.ticks),
)
