"""The gateway as a command: ``python -m assay.methods.serving.autellix http://127.0.0.1:8000 --port 9000``."""

import argparse
import sys

from assay.methods.serving.autellix import POLICIES, Policy, ProgramGateway


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; returns the exit code, which is 2 where something given is wrong."""
    parser = argparse.ArgumentParser(prog="python -m assay.methods.serving.autellix", description=__doc__)
    parser.add_argument("backend", nargs="+", help="address of an OpenAI-compatible server")
    parser.add_argument("--policy", choices=POLICIES, default="atlas", help="how calls are ordered (default: atlas)")
    parser.add_argument("--max-inflight", type=int, default=32, help="calls that a backend has at a time (default: 32)")
    parser.add_argument("--boundaries", default="", help="seconds of service between the queues (default: 2,4,...,64)")
    parser.add_argument("--beta", type=float, default=8.0, help="waiting by service at which a program is lifted")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens (default: this machine only)")
    parser.add_argument("--port", type=int, default=9000, help="there (default: 9000; 0 is any that is free)")
    parser.add_argument("--priorities", action="store_true", help="send the queue as vLLM's priority")
    parser.add_argument("--strict", action="store_true", help="refuse calls that name no program")
    given = parser.parse_args(arguments)
    try:
        boundaries = tuple(map(float, given.boundaries.split(","))) if given.boundaries else Policy.boundaries
        gateway = ProgramGateway(
            given.backend, policy=Policy(given.policy, boundaries, beta=given.beta), max_inflight=given.max_inflight,
            host=given.host, port=given.port, priorities=given.priorities, strict=given.strict,
        )  # fmt: skip
        print(f"programs are served at {gateway.base_url}", flush=True)
        gateway.serve()
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
