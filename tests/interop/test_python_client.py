# SPDX-License-Identifier: Apache-2.0
"""A client in Python (pyzmq, python3-protobuf) written from docs/protocol.md and the .proto files alone: it pushes a
report, reads its receipt, takes a snapshot, follows deltas and ends where a fresh snapshot begins."""
import hashlib
import os
import struct
import time
import unittest

import zmq

from journal import load_protocol
from kadrtest import PipelineCase

v1 = load_protocol()
DAY_2023_11_20 = 19681
TIMEOUT_S = 30


SOCKETS = []


def connect(kind, endpoint):
    socket = zmq.Context.instance().socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(endpoint)
    SOCKETS.append(socket)
    return socket


class Link:
    """A DEALER with one frame a message, as the office's and the subscriber's links are."""

    def __init__(self, endpoint, reply_type):
        self.reply_type = reply_type
        self.socket = connect(zmq.DEALER, endpoint)

    def send(self, message):
        self.socket.send(message.SerializeToString())

    def receive(self):
        if not self.socket.poll(TIMEOUT_S * 1000):
            raise AssertionError("no answer")
        return self.reply_type.FromString(self.socket.recv())


class Office:
    """One outbox: a random stream, numbers from 1."""

    def __init__(self, endpoint, office):
        self.link, self.office = Link(endpoint, v1.office.OfficeReply), office
        self.stream, self.sequence = os.urandom(16), 0

    def hello(self):
        request = v1.office.OfficeRequest(version=1)
        request.hello.office, request.hello.client = self.office, "interop/1"
        self.link.send(request)
        return self.link.receive()

    def submit(self, report, sequence=None):
        if sequence is None:
            self.sequence += 1
        request = v1.office.OfficeRequest(version=1)
        request.submit.office, request.submit.stream = self.office, self.stream
        request.submit.sequence = sequence or self.sequence
        request.submit.report = report.SerializeToString()
        self.link.send(request)
        return self.link.receive()

    def push(self, report, sequence=None):
        receipts = self.submit(report, sequence).receipts.receipts
        if len(receipts) != 1:
            raise AssertionError(f"expected one receipt: {receipts}")
        return receipts[0]


def report_of(*figures):
    """figures: (indicator, {dimension: member}, value), confirmed: what is far from what other tests said is meant"""
    report = v1.report.Report(format=1, stated_at_ms=int(time.time() * 1000), source="interop",
                              confirmed=True, report_id=os.urandom(16))
    for indicator, breakdown, value in figures:
        observation = report.observations.add(unit="KZ-35", indicator=indicator)
        for dimension, member in breakdown.items():
            observation.breakdown.add(dimension=dimension, member=member)
        observation.period.first = observation.period.last = DAY_2023_11_20
        observation.value.interval.lo = observation.value.interval.hi = value
        observation.value.interval.scale = 1
    return report


def key_of(cell):
    breakdown = tuple((m.dimension, m.member) for m in cell.breakdown)
    period = (cell.period.first, cell.period.last) if cell.HasField("period") else None
    return cell.unit, cell.indicator, breakdown, period


def text(value):
    return struct.pack("B", len(value.encode())) + value.encode()


def canonical(cell):
    """docs/protocol.md, Digests: the bytes of a cell that its digest covers."""
    none, has_value = -(1 << 31), cell.basis != v1.rollup.BASIS_NONE
    left = cell.unexplained
    flags = (cell.incomplete | (not cell.HasField("hi") and has_value) << 1
             | (not cell.HasField("known_hi") and has_value) << 2 | (not cell.HasField("expected")) << 3)
    if cell.HasField("unexplained"):
        flags |= (not left.HasField("lo")) << 4 | (not left.HasField("hi")) << 5
    members = b"".join(text(m.dimension) + text(m.member) for m in cell.breakdown)
    period = (cell.period.first, cell.period.last) if cell.HasField("period") else (none, none)
    days = (cell.oldest if cell.HasField("oldest") else none, cell.newest if cell.HasField("newest") else none)
    return b"".join([
        b"\1", text(cell.unit), text(cell.indicator), struct.pack("B", len(cell.breakdown)), members,
        struct.pack(">iiiBBB", *period, cell.scale, cell.basis, cell.reason, flags),
        struct.pack(">qqq", cell.lo, cell.hi, cell.known_hi),
        struct.pack(">IIII", cell.reported, cell.complete, cell.expected, cell.stale), struct.pack(">ii", *days),
        struct.pack(">Bqq", left.kind, left.lo, left.hi)])


def digest_of(cells):
    """Sum of the cells' BLAKE2b-256 as little-endian numbers."""
    total = sum(int.from_bytes(hashlib.blake2b(canonical(c), digest_size=32).digest(), "little") for c in cells)
    return (total % (1 << 256)).to_bytes(32, "little")


class Snapshot:
    """All cells at one position, by key."""

    def __init__(self, endpoint, **question):
        link = Link(endpoint, v1.rollup.QueryReply)
        request = v1.rollup.QueryRequest(version=1, request=7)
        request.snapshot.SetInParent()
        for field, value in question.items():
            setattr(request.snapshot, field, value)
        link.send(request)
        self.cells, self.position = {}, None
        while True:
            reply = link.receive()
            assert reply.request == 7, reply
            kind = reply.WhichOneof("body")
            if kind == "begin":
                self.position = reply.begin.position
            elif kind == "cells":
                self.cells.update((key_of(cell), cell) for cell in reply.cells.cells)
            elif kind == "end":
                assert reply.end.cells == len(self.cells), (reply.end, len(self.cells))
                self.digest = reply.end.digest
                return
            else:
                raise AssertionError(f"no snapshot: {reply}")


class Subscription:
    """SUB: subscribe first, take the snapshot after, then apply what is newer than it."""

    def __init__(self, endpoint, *topics):
        self.socket = connect(zmq.SUB, endpoint)
        for topic in topics:
            self.socket.setsockopt(zmq.SUBSCRIBE, topic)

    def receive(self):
        if not self.socket.poll(TIMEOUT_S * 1000):
            raise AssertionError("the feed is silent")
        topic, message = self.socket.recv_multipart()
        return topic, v1.rollup.PublishedMessage.FromString(message)

    def until_progress(self, commit):
        """Messages up to and including the progress that holds `commit`."""
        messages = []
        while True:
            messages.append(self.receive())
            message = messages[-1][1]
            if message.WhichOneof("body") == "progress" and message.progress.position.commit >= commit:
                return messages


class PythonClient(PipelineCase):
    DAY = "2025-07-31"

    def tearDown(self):
        while SOCKETS:
            SOCKETS.pop().close()

    def office(self):
        return Office(self.pipeline.ingest, "KZ-35")

    def test_hello_tells_what_ingestd_knows(self):
        welcome = self.office().hello().welcome
        self.assertEqual(len(welcome.lineage), 16)
        self.assertEqual(len(welcome.reference), 32)
        self.assertEqual(welcome.day, 20300)  # 2025-07-31, the day of the test
        self.assertGreater(welcome.credit, 0)

    def test_receipt_and_resend(self):
        office = self.office()
        report = report_of(("need_declared", {"cadre": "doctor"}, 23), ("need_declared", {"cadre": "nobody"}, 1))
        receipt = office.push(report)
        self.assertEqual((receipt.office, receipt.stream, receipt.sequence), ("KZ-35", office.stream, 1))
        self.assertEqual((receipt.outcome, receipt.accepted, receipt.rejected), (v1.common.OUTCOME_COMMITTED, 1, 1))
        self.assertEqual((len(receipt.lineage), len(receipt.digest)), (16, 32))
        error, = [d for d in receipt.diagnostics if d.severity == v1.common.SEVERITY_ERROR]
        self.assertEqual((error.name, error.observation), ("unknown_member", 1))
        self.assertTrue(error.text and error.remedy)
        again = office.push(report, sequence=1)
        self.assertEqual(again.outcome, v1.common.OUTCOME_DUPLICATE)
        self.assertEqual((again.commit, again.digest, again.accepted, again.rejected),
                         (receipt.commit, receipt.digest, receipt.accepted, receipt.rejected))

    def test_a_number_is_not_used_twice_nor_skipped(self):
        office = self.office()
        office.push(report_of(("housing_need", {}, 1)))
        other = office.submit(report_of(("housing_need", {}, 2)), sequence=1)
        self.assertEqual(other.WhichOneof("body"), "refusal")
        self.assertEqual(other.refusal.diagnostic.name, "sequence_reused")
        gap = office.submit(report_of(("housing_need", {}, 3)), sequence=5)
        self.assertEqual(gap.WhichOneof("body"), "refusal")
        self.assertEqual((gap.refusal.diagnostic.name, gap.refusal.expected_sequence), ("sequence_gap", 2))

    def test_snapshot_then_deltas_equal_a_later_snapshot(self):
        pipeline, office = self.pipeline, self.office()
        first = office.push(report_of(("headcount", {"cadre": "doctor"}, 100)))
        feed = Subscription(pipeline.feed, b"D/KZ/", b"P")
        feed.until_progress(first.commit)  # the subscription is up
        state = Snapshot(pipeline.query)
        mine = state.position.commit
        self.assertGreaterEqual(mine, first.commit)
        self.assertEqual(state.cells[("KZ-35", "headcount", (("cadre", "doctor"),), None)].lo, 100)

        second = office.push(report_of(("headcount", {"cadre": "doctor"}, 120), ("headcount", {"cadre": "midlevel"}, 300)))
        commits, changed, progress = {}, set(), None
        for topic, message in feed.until_progress(second.commit):
            if message.WhichOneof("body") == "progress":
                progress = message.progress
                continue
            delta = message.delta
            self.assertEqual(topic.decode(), f"D/{delta.unit_path}:{delta.indicator};")
            known = commits.get(topic, mine)
            if delta.to.commit <= known:
                continue
            self.assertLessEqual(getattr(delta, "from"), known, "a gap: a snapshot would be due")
            commits[topic] = delta.to.commit
            for change in delta.changes:
                changed.add((change.cell.unit, change.kind))
                if change.removed:
                    state.cells.pop(key_of(change.cell), None)
                else:
                    state.cells[key_of(change.cell)] = change.cell
        self.assertIn(("KZ-35", v1.rollup.CHANGE_KIND_CORRECTED), changed)
        self.assertIn(("KZ-35", v1.rollup.CHANGE_KIND_NEW), changed)

        fresh = Snapshot(pipeline.query)
        self.assertEqual(fresh.position.commit, progress.position.commit)
        self.assertEqual({k: c.SerializeToString(deterministic=True) for k, c in state.cells.items()},
                         {k: c.SerializeToString(deterministic=True) for k, c in fresh.cells.items()})
        self.assertEqual(fresh.digest, progress.digest)
        self.assertEqual(digest_of(state.cells.values()), progress.digest)

    def test_digest_of_the_samples(self):
        """Every kind of cell that the seeds make: open, incomplete, missing, unexplained, with and without a period."""
        self.pipeline.push_samples()
        snapshot = Snapshot(self.pipeline.query)
        self.assertTrue(any(c.HasField("unexplained") for c in snapshot.cells.values()))
        self.assertTrue(any(c.reason for c in snapshot.cells.values()))
        self.assertEqual(digest_of(snapshot.cells.values()), snapshot.digest)

    def test_changes_lead_from_one_snapshot_to_the_other(self):
        """The cells known at a commit, with the changes since then applied, are those known now."""
        pipeline, office = self.pipeline, self.office()
        first = office.push(report_of(("need_declared", {"cadre": "doctor"}, 500)))
        last = office.push(report_of(("need_declared", {"cadre": "doctor"}, 520), ("need_declared", {"cadre": "midlevel"}, 300)))
        pipeline.wait_caught_up()
        state = Snapshot(pipeline.query, known_commit=first.commit)
        self.assertEqual(state.position.commit, first.commit)
        link = Link(pipeline.query, v1.rollup.QueryReply)
        request = v1.rollup.QueryRequest(version=1, request=8)
        setattr(request.changes, "from", first.commit)
        request.changes.to = last.commit
        link.send(request)
        begin, changes, reply = link.receive().begin, [], link.receive()
        while reply.WhichOneof("body") == "changes":
            changes += reply.changes.changes
            reply = link.receive()
        self.assertEqual((begin.before.commit, begin.position.commit), (first.commit, last.commit))
        self.assertEqual(reply.end.cells, len(changes))
        self.assertEqual(sum(count.count for count in reply.end.counts), len(changes))
        told = [c.cell for c in changes] + [c.before for c in changes if c.HasField("before")]
        self.assertEqual(digest_of(told), reply.end.digest)
        kinds = {(c.cell.unit, key_of(c.cell)[2]): c.kind for c in changes if c.cell.indicator == "need_declared"}
        self.assertEqual(kinds[("KZ-35", (("cadre", "doctor"),))], v1.rollup.CHANGE_KIND_CORRECTED)
        for change in changes:
            was = state.cells.pop(key_of(change.cell), None)
            self.assertEqual(was, change.before if change.HasField("before") else None)
            if not change.removed:
                state.cells[key_of(change.cell)] = change.cell
        now = Snapshot(pipeline.query, known_commit=last.commit)
        self.assertEqual(state.cells, now.cells)

    def test_a_question_of_the_past_and_one_that_cannot_be_answered(self):
        self.office().push(report_of(("population", {}, 1131287)))
        self.pipeline.wait_caught_up()
        past = Snapshot(self.pipeline.query, unit="KZ-35", indicator="population", as_of=DAY_2023_11_20 - 1)
        self.assertEqual(past.position.day, DAY_2023_11_20 - 1)
        self.assertTrue(all(c.basis == v1.rollup.BASIS_NONE for c in past.cells.values()))
        then = Snapshot(self.pipeline.query, unit="KZ-35", indicator="population", as_of=DAY_2023_11_20)
        self.assertEqual(then.cells[("KZ-35", "population", (), None)].lo, 1131287)
        link = Link(self.pipeline.query, v1.rollup.QueryReply)
        request = v1.rollup.QueryRequest(version=1, request=1)
        request.snapshot.unit = "KZ-99"
        link.send(request)
        self.assertEqual(link.receive().WhichOneof("body"), "refusal")


if __name__ == "__main__":
    unittest.main()
