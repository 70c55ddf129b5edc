"""What trials ask a cluster for; how they run on one is in `tests.cluster.test_two_workers`."""

import pytest

from assay.cluster import Needs, Node
from assay.trials.declaration import discover
from assay.trials.on_ray import _whole_node, alone_first

SMALL = Node("a", "a", 4)
LARGE = Node("b", "b", 16)
WITH_GPU = Node("c", "c", 8, gpus=2)
APART = Node("d", "d", 6, resources={"alone": 1.0})


@pytest.mark.parametrize(
    ("nodes", "gpus", "cpus", "resources"),
    [
        ([SMALL], 0, 4, {}),
        ([SMALL, LARGE], 0, 16, {}),
        ([SMALL, LARGE, WITH_GPU], 1, 8, {}),
        ([SMALL, LARGE, APART], 0, 6, {"alone": 1.0}),
    ],
)
def test_a_trial_that_reads_a_clock_asks_for_all_cpus_of_a_node(
    nodes: list[Node], gpus: int, cpus: int, resources: dict[str, float]
) -> None:
    needs = _whole_node(nodes, Needs(1, gpus, 2**31))
    assert needs == Needs(cpus, gpus, 2**31, resources)
    assert any(needs.are_met_by(node) for node in nodes)


def test_trials_that_get_a_node_to_themselves_begin_first_and_keep_their_order() -> None:
    trials = discover()[:6]
    timed = {trials[1].id, trials[4].id}
    ordered = alone_first(iter(trials), timed)
    assert ordered == [trials[at] for at in (1, 4, 0, 2, 3, 5)]
