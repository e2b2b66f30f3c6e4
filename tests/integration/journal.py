# SPDX-License-Identifier: Apache-2.0
"""storaged's journal read over its feed, with Debian's pyzmq and python3-protobuf and no code of the product."""
import hashlib
import importlib
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import zmq

ROOT = Path(__file__).resolve().parents[2]


def load_protocol():
    """The modules that protoc makes of proto/kadr/v1, by name: common office report rollup store."""
    out = Path(os.environ["KADR_BUILD_DIR"]) / "python" / str(os.getpid())
    out.mkdir(parents=True, exist_ok=True)
    protos = sorted(str(p) for p in (ROOT / "proto/kadr/v1").glob("*.proto"))
    subprocess.run(["protoc", f"-I{ROOT}/proto", f"--python_out={out}", *protos], check=True)
    sys.path.insert(0, str(out))
    return SimpleNamespace(**{Path(p).stem: importlib.import_module(f"kadr.v1.{Path(p).stem}_pb2") for p in protos})


def check_chain(records):
    """docs/protocol.md, Store link: commits grow by one, and each digest covers the record and the digest before it."""
    before = bytes(32)
    for number, record in enumerate(records, 1):
        covered = (before + record.commit.to_bytes(8, "big") + len(record.envelope).to_bytes(4, "big")
                   + record.envelope + record.message)
        if record.commit != number or record.digest != hashlib.blake2b(covered, digest_size=32).digest():
            raise AssertionError(f"the journal's chain breaks at commit {record.commit}")
        before = record.digest


def read_journal(pipeline):
    """All records: `.records` (commit, digest, envelope, message), and `.reports` with the envelope's fields."""
    v1 = load_protocol()
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(pipeline.store)
    records, credit = [], 1000
    request = v1.store.StoreRequest(version=1)
    setattr(request.follow, "from", 1)
    request.follow.credit = credit
    socket.send(request.SerializeToString())
    deadline = time.monotonic() + 60
    head = None
    while head is None or not records or records[-1].commit < head:
        if not socket.poll(max(0, int(1000 * (deadline - time.monotonic())))):
            raise AssertionError(f"the feed stopped at {records[-1].commit if records else 0} of {head}")
        reply = v1.store.StoreReply.FromString(socket.recv())
        if reply.WhichOneof("body") == "refusal":
            raise AssertionError(f"storaged refused to be followed: {reply.refusal}")
        if reply.WhichOneof("body") != "feed":
            continue
        head = reply.feed.head
        records.extend(reply.feed.records)
        if credit - len(records) < 500:
            credit = len(records) + 1000
            more = v1.store.StoreRequest(version=1)
            more.credit.credit = credit
            socket.send(more.SerializeToString())
    socket.close()
    check_chain(records)
    return SimpleNamespace(v1=v1, records=records, reports=[
        SimpleNamespace(commit=r.commit, digest=r.digest, envelope=e, office=e.office, stream=e.stream,
                        sequence=e.sequence, message=r.message)
        for r in records for e in [v1.store.Envelope.FromString(r.envelope)]
        if e.kind == v1.store.RECORD_KIND_REPORT])
