"""The update rule of the memories in its three forms, which differ in nothing but rounding.

All take ``q`` (B, N or 1, H, T, d_k), ``k`` (B, N, H, T, d_k), ``v`` (B, N, H, T, d_v), ``beta`` and ``log_decay``
(B, N, H, T), and the ``state`` (B, N, H, d_k, d_v) before the first token, N being the memories; they return what is
read (B, N, H, T, d_v) and the state after the last. A token that a memory is not to see has beta = 0 and log_decay = 0
there.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

Read = tuple[Tensor, Tensor]


def recurrent(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, log_decay: Tensor, state: Tensor, *, erase: bool) -> Read:
    """Token by token."""
    read = []
    for t in range(k.shape[-2]):
        key = k[..., t, :, None]
        state = state * log_decay[..., t, None, None].exp()
        new = v[..., t, None, :]
        if erase:
            new = new - key.mT @ state
        state = state + key * (beta[..., t, None, None] * new)
        read.append(q[..., t, None, :] @ state)
    return torch.cat(read, dim=-2), state


def chunked(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, log_decay: Tensor, state: Tensor, *, erase: bool, size: int
) -> Read:
    """`size` tokens at once.

    In a chunk that begins with the state S, let a_i be the product of decays up to token i. What token i writes is
    ``u_i = beta_i (v_i - a_i k_i S - sum_{j<i} (a_i / a_j) (k_i k_j^T) u_j)``: a triangular system, solved for the part
    without S and for the factor of S, of all chunks at once. What is left to do in turn are three products a chunk.
    """
    length = k.shape[-2]
    size = min(size, length)
    if short := -length % size:
        q, k, v = (pad(x, (0, 0, 0, short)) for x in (q, k, v))
        beta, log_decay = (pad(x, (0, short)) for x in (beta, log_decay))
    q, k, v = (x.unflatten(-2, (-1, size)) for x in (q, k, v))
    beta, log_decay = (x.unflatten(-1, (-1, size)) for x in (beta, log_decay))

    since = log_decay.cumsum(-1)  # logarithm of a_i
    later = torch.ones(size, size, dtype=torch.bool, device=k.device).triu(1)
    between = (since[..., :, None] - since[..., None, :]).masked_fill(later, -torch.inf).exp()
    attended = q @ k.mT * between
    weighted = k * beta[..., None]
    written = v * beta[..., None]
    if erase:
        # Only what is under the diagonal is read of the matrix.
        right = torch.cat([written, weighted * since.exp()[..., None]], dim=-1)
        solved = torch.linalg.solve_triangular(weighted @ k.mT * between, right, upper=False, unitriangular=True)
        written, erased = solved.split([v.shape[-1], k.shape[-1]], dim=-1)
    asking = q * since.exp()[..., None]
    lasting = k * (since[..., -1:] - since).exp()[..., None]
    fades = since[..., -1, None, None].exp()

    read = []
    for i in range(k.shape[-3]):
        update = written[..., i, :, :]
        if erase:
            update = update - erased[..., i, :, :] @ state
        read.append(attended[..., i, :, :] @ update + asking[..., i, :, :] @ state)
        state = state * fades[..., i, :, :] + lasting[..., i, :, :].mT @ update
    return torch.cat(read, dim=-2)[..., :length, :], state


def gathered(  # noqa: PLR0913 - as the others, and where the tokens went
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    log_decay: Tensor,
    state: Tensor,
    *,
    chosen: Tensor,
    erase: bool,
    size: int,
) -> Read:
    """Each memory over its own tokens alone; ``chosen`` (B, N, T) says which. What is read elsewhere is 0.

    Here `q` is (B, N, H, T, d_k).
    """
    longest = max(1, int(chosen.sum(-1).max()))
    # A stable sort keeps the order of the text; what it moves to the end of the shorter ones has beta = 0.
    place = chosen.int().argsort(dim=-1, descending=True, stable=True)[..., :longest]
    place = place[:, :, None].expand(-1, -1, k.shape[2], -1)

    def own(x: Tensor) -> Tensor:
        return x.gather(-2, place[..., None].expand(*place.shape, x.shape[-1]))

    beta, log_decay = beta.gather(-1, place), log_decay.gather(-1, place)
    read, state = chunked(own(q), own(k), own(v), beta, log_decay, state, erase=erase, size=size)
    back = torch.zeros_like(v).scatter(-2, place[..., None].expand(*read.shape), read)
    return back * chosen[:, :, None, :, None], state
