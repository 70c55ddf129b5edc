"""A Ray cluster: connects to one, or starts one on this machine, and has functions run there, as many as fit.

Trials run on it (`assay.trials.on_ray`), and claims are read on it (`assay.digest.extracting`). Ray is imported here
and there only, and only when it is asked for: it is the extra ``ray``.
"""

from assay.cluster.connection import connect
from assay.cluster.nodes import Node, ask_nodes, check_sources
from assay.cluster.working import Cluster, Done, Needs, Work

__all__ = ["Cluster", "Done", "Needs", "Node", "Work", "ask_nodes", "check_sources", "connect"]
