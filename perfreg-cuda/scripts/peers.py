"""Other implementations of dilated attention, in PyTorch: made ready, checked and timed as they are asked.

Questions come on standard input, a line of JSON each; answers go to standard output, marked, since
libraries print what they like. What cannot run here is answered with the reason, never left out.

The operator: a position n of head h takes part in the pattern (w, r) if (n mod w) mod r == h mod r; it then
attends to the positions of its segment of w that take part, too. The patterns' outputs are mixed by the
denominators of their softmaxes. Lengths are multiples of every w.

With `--device cpu` the peers are made ready and checked in float32, and not timed: attention is evaluated as it
is defined, and so is flex_attention by a PyTorch without it, so that any will do.
"""

import argparse
import json
import math
import os
import sys
import time

MARK = "perfreg-peers/1 "
NAMES = ["sdpa_gather", "strided", "flex", "flex_permuted", "reference"]
ABOUT = {
    "sdpa_gather": "for each pattern and offset gather the rows, one call of scaled-dot-product attention, "
    "scatter the rows; then mix by the log-sum-exps",
    "strided": "the same calls on strided views of queries, keys and values, without a gather",
    "flex": "flex_attention, compiled, with each key counted as often as patterns have it, in the order of "
    "the positions",
    "flex_permuted": "the same on positions that were sorted by their residue before; sorting is not timed",
    "reference": "the published algorithm: rows of all heads taken by a diagonal, one call a pattern, "
    "outputs and log-sum-exps embedded into zeros, mixed in the type of the outputs",
}
# Beyond this a peer computes something else.
TOLERANCE = 2e-2
# So long one turn of a peer may take, in seconds, cold and hot each.
TURN = 0.2


class Missing(Exception):
    """Why something cannot be had here."""


# -- what is computed ---------------------------------------------------------------------------------


def attend(torch, q, k, v, scale):
    """Attention of (batch, heads, rows, numbers) with the log-sum-exps of (batch, heads, rows)."""
    if not q.is_cuda:
        return plain(torch, q, k, v, scale)
    found = torch.ops.aten._scaled_dot_product_flash_attention(
        q, k, v, 0.0, False, return_debug_mask=False, scale=scale
    )
    return found[0], found[1][:, :, : q.shape[2]]


def plain(torch, q, k, v, scale, change=lambda scores: scores):
    scores = change(q @ k.transpose(-1, -2) * scale)
    return torch.softmax(scores, dim=-1) @ v, torch.logsumexp(scores, dim=-1)


def mixed(torch, outputs, lses):
    """Outputs (batch, positions, heads, numbers) by their shares; lses are (batch, positions, heads)."""
    shares = torch.softmax(torch.stack(lses), dim=0).nan_to_num(0.0)
    total = None
    for output, share in zip(outputs, shares):
        part = output * share.unsqueeze(-1).to(output.dtype)
        total = part if total is None else total + part
    return total


def dense(torch, q):
    """Zeros for an output, and minus infinity for its log-sum-exps."""
    lse = torch.full(q.shape[:3], -math.inf, dtype=torch.float32, device=q.device)
    return torch.zeros_like(q), lse


def sdpa_gather(torch, case):
    q, k, v = case.tensors
    rows = {}
    for w, r in case.patterns:
        for offset in range(min(r, case.heads)):
            starts = torch.arange(0, case.seq_len, w, device=q.device).unsqueeze(1)
            rows[w, r, offset] = starts + torch.arange(offset, w, r, device=q.device)

    def run():
        outputs, lses = [], []
        for w, r in case.patterns:
            output, lse = dense(torch, q)
            for offset in range(min(r, case.heads)):
                index = rows[w, r, offset]

                def gathered(x):
                    some = x[:, :, offset::r][:, index]
                    return some.flatten(0, 1).transpose(1, 2).contiguous()

                o, l = attend(torch, gathered(q), gathered(k), gathered(v), case.scale)
                of_heads = output[:, :, offset::r]
                shape = (q.shape[0], *index.shape, of_heads.shape[2], q.shape[3])
                of_heads[:, index] = o.transpose(1, 2).reshape(shape)
                lse[:, :, offset::r][:, index] = l.transpose(1, 2).reshape(shape[:4]).float()
            outputs.append(output)
            lses.append(lse)
        return mixed(torch, outputs, lses)

    return run


def strided(torch, case):
    q, k, v = case.tensors
    batch = q.shape[0]

    def run():
        outputs, lses = [], []
        for w, r in case.patterns:
            output, lse = dense(torch, q)
            for offset in range(min(r, case.heads)):

                def view(x):
                    cut = x.view(batch, -1, w, *x.shape[2:])
                    return cut[:, :, offset::r, offset::r]

                def rows(x):
                    return view(x).flatten(0, 1).transpose(1, 2)

                o, l = attend(torch, rows(q), rows(k), rows(v), case.scale)
                to, lse_to = view(output), view(lse)
                to.copy_(o.transpose(1, 2).reshape(to.shape))
                lse_to.copy_(l.transpose(1, 2).reshape(lse_to.shape))
            outputs.append(output)
            lses.append(lse)
        return mixed(torch, outputs, lses)

    return run


def reference(torch, case):
    q, k, v = case.tensors
    pad = torch.nn.functional.pad
    batch, length, heads, numbers = q.shape

    def run():
        outputs, lses = [], []
        for w, r in case.patterns:
            more_rows, more_heads = -w % r, -heads % r

            def taken(x):
                x = x.view(-1, w, heads, numbers)
                x = pad(x, (0, 0, 0, more_heads, 0, more_rows))
                x = x.view(x.shape[0], -1, r, x.shape[2] // r, r, numbers)
                x = x.diagonal(dim1=2, dim2=4).permute(0, 1, 2, 4, 3)
                return x.flatten(2, 3).transpose(1, 2).contiguous()

            o, l = attend(torch, taken(q), taken(k), taken(v), case.scale)
            o = o.transpose(1, 2).unflatten(2, (-1, r)).permute(0, 1, 2, 4, 3)
            o = torch.diag_embed(o, dim1=2, dim2=4).flatten(1, 2).flatten(2, 3)
            l = l.transpose(1, 2).unflatten(2, (-1, r)).float()
            l = torch.diag_embed(l, dim1=2, dim2=4).flatten(1, 2).flatten(2, 3)
            l = l.masked_fill(l == 0, -1e8)
            outputs.append(o[:, :w, :heads].reshape(batch, length, heads, numbers))
            lses.append(l[:, :w, :heads].reshape(batch, length, heads))
        with torch.no_grad():
            stacked = torch.stack(lses)
            shares = torch.exp(stacked - stacked.max(0).values)
            shares = shares / shares.sum(0)
        return sum(o * s.unsqueeze(-1).to(o.dtype) for o, s in zip(outputs, shares))

    return run


def multiplicity(patterns, q, k, head):
    """How many patterns have both positions in one segment."""
    count = 0
    for w, r in patterns:
        takes_part = ((q % w) % r == head % r) & ((k % w) % r == head % r)
        count = count + (takes_part & (q // w == k // w)) * 1
    return count


def flex_of(torch, case, order):
    q, k, v = (x.transpose(1, 2) for x in case.tensors)
    back = None
    if order is not None:
        q, k, v = (x[:, :, order] for x in (q, k, v))
        back = torch.argsort(order)
    q, k, v = (x.contiguous() for x in (q, k, v))

    def place(at):
        return at if order is None else order[at]

    def score(score, _batch, head, i, j):
        count = multiplicity(case.patterns, place(i), place(j), head)
        return score + torch.log(count.to(torch.float32))

    def mask(_batch, head, i, j):
        return multiplicity(case.patterns, place(i), place(j), head) > 0

    length = case.seq_len
    try:
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention
    except ImportError:
        if q.is_cuda:
            raise
        create_block_mask = None

    if create_block_mask is None:
        at = torch.arange(length)
        head = torch.arange(case.heads).view(-1, 1, 1)
        where = (0, head, at.view(-1, 1), at)

        def change(scores):
            return score(scores, *where).masked_fill(~mask(*where), -math.inf)

        def run():
            return plain(torch, q, k, v, case.scale, change)[0]

    else:
        asked = (mask, None, case.heads, length, length, str(q.device))
        blocks, call = None, flex_attention
        if q.is_cuda:
            call = torch.compile(flex_attention, dynamic=False)
            try:
                # As it is, it holds several numbers for every pair of positions.
                blocks = torch.compile(create_block_mask)(*asked)
            except Exception:
                pass
        if blocks is None:
            blocks = create_block_mask(*asked)

        def run():
            return call(q, k, v, score_mod=score, block_mask=blocks, scale=case.scale)

    def finish(output):
        output = output if back is None else output[:, :, back]
        return output.transpose(1, 2)

    run.finish = finish
    return run


def flex(torch, case):
    return flex_of(torch, case, None)


def flex_permuted(torch, case):
    period = math.lcm(*(r for _, r in case.patterns))
    positions = torch.arange(case.seq_len, device=case.tensors[0].device)
    return flex_of(torch, case, torch.argsort(positions % period, stable=True))


MAKERS = {
    "sdpa_gather": sdpa_gather,
    "strided": strided,
    "flex": flex,
    "flex_permuted": flex_permuted,
    "reference": reference,
}


# -- what is asked ------------------------------------------------------------------------------------


class Case:
    """The numbers of a case on the device, and what is expected of them."""

    def __init__(self, torch, device, asked):
        self.seq_len, self.heads = asked["seq_len"], asked["heads"]
        self.patterns = [tuple(pattern) for pattern in asked["patterns"]]
        self.scale = 1.0 / math.sqrt(asked["head_dim"])
        shape = (1, self.seq_len, self.heads, asked["head_dim"])

        def read(name, kind):
            with open(os.path.join(asked["folder"], name), "rb") as file:
                data = bytearray(file.read())
            return torch.frombuffer(data, dtype=kind).view(shape).to(device)

        tensors = [read(f"{name}.bf16", torch.bfloat16) for name in ("queries", "keys", "values")]
        # Nothing is rounded where only the mathematics is checked.
        self.tensors = tensors if device.type == "cuda" else [x.float() for x in tensors]
        self.expected = read("expected.f32", torch.float32)


class Peers:
    def __init__(self, device):
        try:
            import torch
        except ImportError as error:
            raise Missing(f"this Python has no PyTorch: {error}") from error
        if device != "cpu" and not torch.cuda.is_available():
            raise Missing("PyTorch sees no GPU")
        self.torch = torch
        self.device = torch.device("cpu") if device == "cpu" else torch.device("cuda", int(device))
        self.ready = {}
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            cache = torch.cuda.get_device_properties(self.device).L2_cache_size
            self.flush = torch.empty(2 * cache, dtype=torch.int8, device=self.device)
            self.stream = torch.cuda.Stream()

    def begin(self, _asked):
        torch = self.torch
        versions = {"python": sys.version.split()[0], "torch": torch.__version__}
        if self.device.type == "cuda":
            versions |= {"cuda": torch.version.cuda, "gpu": torch.cuda.get_device_name(self.device)}
            versions["cudnn"] = str(torch.backends.cudnn.version())
        return versions

    def matmul(self, _asked):
        torch = self.torch
        self.need_gpu()
        size = 8192
        one, other = (torch.randn(size, size, device=self.device).bfloat16() for _ in range(2))
        samples = self.cold(lambda: one @ other, behind=True)
        return 2.0 * size**3 / (median(samples) * 1e-9)

    def prepare(self, asked):
        torch = self.torch
        self.ready = {}
        if self.device.type == "cuda":
            # Not all versions have what compiles.
            if hasattr(torch, "_dynamo"):
                torch._dynamo.reset()
            torch.cuda.empty_cache()
        case = Case(torch, self.device, asked)
        told = []
        for name in NAMES:
            told += self.prepare_one(name, case)
        return told

    def prepare_one(self, name, case):
        """The peer as it is called, and captured."""

        def answer(launch, missing=None, error=None):
            return {"name": f"{name} {launch}", "about": ABOUT[name], "missing": missing, "output_error": error}

        launches = ["eager", "graph"]
        try:
            run = MAKERS[name](self.torch, case)
            error = self.error(run, case)
        except Exception as wrong:  # Whatever a library raises is the reason.
            return [answer(launch, missing=reason(wrong)) for launch in launches]
        if not error <= TOLERANCE:
            why = f"it computes something else: off by {error:.1e}"
            return [answer(launch, missing=why, error=None if math.isnan(error) else error) for launch in launches]
        if self.device.type == "cpu":
            why = "times are of GPUs"
            return [answer(launch, missing=why, error=error) for launch in launches]
        self.ready[f"{name} eager"] = eager(self, run)
        told = [answer("eager", error=error)]
        try:
            self.ready[f"{name} graph"] = captured(self, run)
            told.append(answer("graph", error=error))
        except Exception as wrong:
            told.append(answer("graph", missing=f"it cannot be captured: {reason(wrong)}", error=error))
        return told

    def error(self, run, case):
        with self.torch.no_grad():
            output = run()
        output = getattr(run, "finish", lambda x: x)(output)
        difference = (output.float() - case.expected).double().norm()
        return float(difference / case.expected.double().norm())

    def measure(self, asked):
        self.need_gpu()
        peer = self.ready.get(asked["peer"])
        if peer is None:
            raise Missing("it was not made ready")
        with self.torch.no_grad():
            return {"cold": peer.cold(), "hot": peer.hot()}

    def need_gpu(self):
        if self.device.type != "cuda":
            raise Missing("times are of GPUs")

    # Times in nanoseconds.

    def between(self, work, behind):
        """Of work between two events; `behind` a kernel that keeps the device busy meanwhile."""
        torch = self.torch
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        if behind:
            torch.cuda._sleep(400_000)
        begin.record()
        work()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e6

    def cold(self, work, behind):
        def once():
            self.flush.zero_()
            return self.between(work, behind)

        return self.repeat(once)

    def repeat(self, once):
        once()
        samples, until = [], time.monotonic() + TURN
        while len(samples) < 5 or (len(samples) < 100 and time.monotonic() < until):
            samples.append(once())
        return samples


class Ready:
    """A peer that can be timed: `one` makes a call of it, and `many` so many as `calls` says."""

    def __init__(self, peers, one, many, calls, behind):
        self.peers, self.one, self.many, self.calls, self.behind = peers, one, many, calls, behind

    def cold(self):
        return self.peers.cold(self.one, self.behind)

    def hot(self):
        samples = self.peers.repeat(lambda: self.peers.between(self.many, self.behind))
        return [sample / self.calls for sample in samples]


def eager(peers, run):
    """Calls as Python hands them over."""
    calls = 20

    def many():
        for _ in range(calls):
            run()

    return Ready(peers, run, many, calls, behind=False)


def captured(peers, run):
    """A call that was captured, and many of them."""
    cuda = peers.torch.cuda

    def graph_of(calls):
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            for _ in range(calls):
                run()
        return graph.replay

    with peers.torch.no_grad():
        # What is allocated and chosen in the first calls is not for a graph.
        peers.stream.wait_stream(cuda.current_stream())
        with cuda.stream(peers.stream):
            for _ in range(3):
                run()
        cuda.current_stream().wait_stream(peers.stream)
        one = graph_of(1)
        took = median(peers.repeat(lambda: peers.between(one, behind=True)))
        # About half a millisecond, as ours.
        calls = max(5, min(50, math.ceil(5e5 / took)))
        return Ready(peers, one, graph_of(calls), calls, behind=True)


def median(samples):
    samples = sorted(samples)
    middle = len(samples) // 2
    return samples[middle] if len(samples) % 2 else (samples[middle - 1] + samples[middle]) / 2


def reason(error):
    """The first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:300]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--device", default="0", help="the GPU, counted from 0, or `cpu`")
    device = options.parse_args().device
    try:
        peers, missing = Peers(device), None
    except Exception as error:
        peers, missing = None, str(error) if isinstance(error, Missing) else reason(error)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if missing is not None:
                raise Missing(missing)
            answer = {"answer": getattr(peers, asked["do"])(asked)}
        except Missing as error:
            answer = {"missing": str(error)}
        except Exception as error:
            answer = {"missing": reason(error)}
        print(MARK + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
