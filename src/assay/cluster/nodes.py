"""The nodes of a cluster, and whether each of them has the code that this machine has."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Node:
    """A machine of a cluster, or a part of one."""

    id: str
    name: str
    """Its host's name and address."""
    cpus: float
    gpus: float = 0.0
    memory: float = 0.0
    """Bytes that tasks may ask for."""
    resources: Mapping[str, float] = field(default_factory=dict)
    """All that tasks may ask for."""


def read_nodes() -> tuple[Node, ...]:
    """The nodes that are alive and have CPUs, in the order of their names."""
    import ray  # noqa: PLC0415 - an extra

    nodes = [_node(each) for each in ray.nodes() if each["Alive"] and each["Resources"].get("CPU")]
    return tuple(sorted(nodes, key=lambda node: (node.name, node.id)))


def _node(record: Mapping[str, Any]) -> Node:
    resources: dict[str, float] = record["Resources"]
    host, address = record.get("NodeManagerHostname", ""), record.get("NodeManagerAddress", "")
    return Node(
        id=record["NodeID"],
        name=" ".join(dict.fromkeys(filter(None, (host, address)))),
        cpus=resources["CPU"],
        gpus=resources.get("GPU", 0.0),
        memory=resources.get("memory", 0.0),
        resources=resources,
    )


def ask_nodes(
    nodes: Sequence[Node], function: Callable[..., T], *arguments: object, patience: float
) -> Iterator[tuple[Node, T]]:
    """Call a function once on each node, on all at the same time; yield the answers in the order of the nodes.

    Args:
        nodes: Those to ask. It costs none of their CPUs, so that one whose tasks take all of them answers too.
        function: What to call.
        arguments: What it is handed.
        patience: Seconds within which all must have answered.

    Raises:
        ValueError: A node does not answer, or cannot run the function.
    """
    import ray  # noqa: PLC0415 - an extra
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - see above

    task: Any = ray.remote(function)
    asked = {
        task.options(num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)).remote(
            *arguments
        ): node
        for node in nodes
    }
    ready, late = ray.wait(list(asked), num_returns=len(asked), timeout=patience) if asked else ([], [])
    if late:
        for each in late:
            ray.cancel(each, force=True)
        raise ValueError(f"no answer within {patience:g} s from {', '.join(asked[each].name for each in late)}")
    for each in ready:
        try:
            yield asked[each], ray.get(each)
        except ray.exceptions.RayError as error:
            raise ValueError(f"node {asked[each].name} cannot run anything: {first_line(error)}") from error


def check_sources(nodes: Sequence[Node], *, patience: float = 60.0) -> None:
    """Make sure that every node has this very Assay, to the last line: its results are stamped with the code of here.

    Raises:
        ValueError: A node has none, or another one, or does not answer in so many seconds.
    """
    look = looker()
    here = look()
    for node, there in ask_nodes(nodes, look, patience=patience):
        if difference := compare_sources(here, there):
            raise ValueError(f"node {node.name} {difference}: install the same there")


def compare_sources(here: tuple[str, str], there: tuple[str, str]) -> str:
    """What a node lacks, in words; an empty text where it has the same version with the same files."""
    if not there[0]:
        return "has no Assay"
    if here[0] != there[0]:
        return f"has Assay {there[0]}, here is {here[0]}"
    if here[1] != there[1]:
        return f"has Assay {there[0]} with other files ({there[1][:8]}, here {here[1][:8]})"
    return ""


def looker() -> Callable[[], tuple[str, str]]:
    """A function that tells Assay's version and the hash of its files wherever it runs, with or without Assay there.

    A function within a function is sent by its code; one of a module by its name, which a node without it lacks.
    """

    def look() -> tuple[str, str]:
        from hashlib import sha256  # noqa: PLC0415 - the function travels alone
        from pathlib import Path  # noqa: PLC0415

        try:
            import assay  # noqa: PLC0415
        except ImportError:
            return "", ""
        digest, folder = sha256(), Path(assay.__file__).parent
        for file in sorted(each for each in folder.rglob("*") if each.suffix in (".py", ".toml")):
            digest.update(f"{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes() + b"\0")
        return assay.__version__, digest.hexdigest()

    return look


def first_line(error: Exception) -> str:
    """The first line of what an error says; Ray's go on for many."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
