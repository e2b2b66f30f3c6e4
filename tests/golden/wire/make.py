#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden frames: each NAME.txtpb becomes NAME.hex, serialised by Google's protobuf, not by ours.

    tests/golden/wire/make.py          writes what is missing
    tests/golden/wire/make.py --check  says what differs (and which field no golden message sets)

A .hex file is written once. When it would change, the wire has changed: add a field with a new number and a new
golden file instead.
"""
import importlib
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parents[2] / "proto"
# The message a file holds, by the beginning of its name.
TYPES = {
    "report": ("report", "Report"),
    "office_request": ("office", "OfficeRequest"),
    "office_reply": ("office", "OfficeReply"),
    "store_request": ("store", "StoreRequest"),
    "store_reply": ("store", "StoreReply"),
    "envelope": ("store", "Envelope"),
    "receipt": ("common", "Receipt"),
    "published": ("rollup", "PublishedMessage"),
    "query_request": ("rollup", "QueryRequest"),
    "query_reply": ("rollup", "QueryReply"),
    "files": ("store", "ReferenceFiles"),
}


def load_modules(folder):
    protos = sorted(str(p.relative_to(PROTO)) for p in PROTO.glob("kadr/v1/*.proto"))
    subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={folder}", *protos], check=True)
    sys.path.insert(0, folder)
    return {name: importlib.import_module(f"kadr.v1.{name}_pb2")
            for name in ("common", "office", "report", "rollup", "store")}


def note_fields(message, seen):
    for field, value in message.ListFields():
        seen.add(field.full_name)
        if field.message_type:
            for item in value if field.label == field.LABEL_REPEATED else [value]:
                note_fields(item, seen)


def all_fields(modules):
    for module in modules.values():
        for descriptor in module.DESCRIPTOR.message_types_by_name.values():
            yield from (field.full_name for field in descriptor.fields)


def main():
    from google.protobuf import text_format

    check, wrong, seen = "--check" in sys.argv, 0, set()
    with tempfile.TemporaryDirectory() as folder:
        modules = load_modules(folder)
        for source in sorted(HERE.glob("*.txtpb")):
            module, message_name = TYPES[source.name.split("-")[0]]
            message = getattr(modules[module], message_name)()
            text_format.Parse(source.read_text(), message)
            note_fields(message, seen)
            hexed = message.SerializeToString(deterministic=True).hex()
            hexed = "\n".join(re.findall(".{1,100}", hexed)) + "\n"
            target = source.with_suffix(".hex")
            if not target.exists() and not check:
                target.write_text(hexed)
            elif not target.exists() or target.read_text() != hexed:
                print(f"{target.name}: differs from {source.name}", file=sys.stderr)
                wrong += 1
        for missing in sorted(set(all_fields(modules)) - seen):
            print(f"{missing}: set by no golden message", file=sys.stderr)
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
