"""The balancer as a request router of Ray Serve: long calls go to the replica that has read their program before.

::

    @serve.deployment(request_router_config=RequestRouterConfig(
        request_router_class="assay.methods.serving.autellix.on_ray.ProgramRouter"))
    class Model: ...

A request says its program by a header, ``X-Program-Id``, or by an argument of that name or ``program_id``. Which call
runs next is not decided here: Ray routes requests in its own order, so put the gateway before it, or use
``priority`` of the engine. Needs ``ray[serve]``, to which `ProgramRouter` belongs; `Routing` is the logic, without Ray.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from assay.methods.serving.autellix._balancer import Balancer
from assay.methods.serving.autellix._policy import ProcessTable

_LETTERS_PER_TOKEN = 4


class Routing:
    """Ranks replicas for requests; the first of the ranking is where a request belongs."""

    def __init__(self, balancer: Balancer | None = None, *, ttl: float = 3600.0) -> None:
        self.balancer = balancer or Balancer()
        self.table = ProcessTable(ttl=ttl)
        self._sent: Counter[str] = Counter()

    def rank(self, args: Sequence[Any], kwargs: Mapping[str, Any], loads: Mapping[str, float]) -> list[list[str]]:
        """Replicas in ranks: the chosen one, then the others, the least used first.

        Args:
            args: Of the request.
            kwargs: Of the request.
            loads: By replica, how many requests it has, as far as that is known.
        """
        if not loads:
            return []
        program, tokens = read_request(args, kwargs)
        row = self.table.row(program, monotonic()) if program else None
        # Of those with as much to do the one that was sent least: nothing is known of replicas that are new.
        order = sorted(loads, key=lambda replica: (loads[replica], self._sent[replica]))
        chosen = order[0] if row is None else self.balancer.choose(row, tokens, {each: loads[each] for each in order})
        self._sent[chosen] += 1
        others = [each for each in order if each != chosen]
        return [[chosen], others] if others else [[chosen]]


def read_request(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, int]:
    """The program of a request, empty if it names none, and a guess of the tokens that it reads.

    Args:
        args: Of the request: perhaps something with ``headers``, or a body as a mapping.
        kwargs: Of the request, ``program_id`` perhaps among them.
    """
    program = str(kwargs.get("program_id") or kwargs.get("x_program_id") or "")
    letters = 0
    for value in [*args, *kwargs.values()]:
        headers = getattr(value, "headers", None)
        if isinstance(headers, Mapping):
            program = program or str(headers.get("x-program-id", ""))
            letters += int(headers.get("content-length", 0))
        body = value if isinstance(value, Mapping) else getattr(value, "model_dump", dict)()
        if isinstance(body, Mapping) and body:
            program = program or str(body.get("program_id") or "")
            letters += len(json.dumps(body, default=str))
        elif isinstance(value, str):
            letters += len(value)
    return program, letters // _LETTERS_PER_TOKEN


def __getattr__(name: str) -> Any:
    """The router, once Ray Serve is asked for."""
    if name == "ProgramRouter":
        return _router()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _router() -> type:
    """The class, which Ray Serve has the base of."""
    if "made" in _ROUTER:
        return _ROUTER["made"]
    try:
        from ray.serve.request_router import RequestRouter  # noqa: PLC0415 - only with ray[serve]
    except ImportError as error:
        raise ValueError(f"the router needs Ray Serve: pip install 'ray[serve]' ({error})") from None

    class ProgramRouter(RequestRouter):  # type: ignore[misc, unused-ignore]
        """Sends a program's long calls to its replica, short ones to the least used."""

        def initialize_state(self, **options: Any) -> None:
            """Take `Balancer`'s fields from ``request_router_kwargs``."""
            self.routing = Routing(Balancer(**options))

        async def choose_replicas(self, candidate_replicas: list[Any], pending_request: Any = None) -> list[list[Any]]:
            """Rank the replicas for a request."""
            replicas = {str(each.replica_id): each for each in candidate_replicas}
            cache = self.replica_queue_len_cache
            loads = {name: float(cache.get(each.replica_id) or 0) for name, each in replicas.items()}
            args = pending_request.args if pending_request is not None else ()
            kwargs = pending_request.kwargs if pending_request is not None else {}
            return [[replicas[name] for name in rank] for rank in self.routing.rank(args, kwargs, loads)]

    _ROUTER["made"] = ProgramRouter
    return ProgramRouter


_ROUTER: dict[str, type] = {}
